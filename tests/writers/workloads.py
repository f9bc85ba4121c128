"""What is written, overwritten and read: one list of commands for each way that engines write tables.

A workload is written once and run against several file systems; `place` is the folder of one of them. Questions
(`ask`) stand between the writes, so that each version of a table is read, and therefore cached, before the next
takes its place. Only commands that write change anything: a question may be asked by any application.
"""
from __future__ import annotations

from typing import Callable, Dict, List

ROWS = 400
CLOUD = "org.apache.spark.internal.io.cloud."


def numbers(version: int, rows: int = ROWS, folders: int = 4) -> str:
    """Rows whose values tell their version; `p` is the folder."""
    return (f"SELECT id, id * 7 + {version} AS value, concat('version {version} of ', id) AS text, CAST(id % {folders} AS INT) AS p "
            f"FROM range({rows})")


def sql(text: str) -> dict:
    return {"do": "sql", "text": text}


def ask(text: str, snapshots: str = "") -> dict:
    return {"do": "ask", "text": text, "snapshots": snapshots}


def write(text: str, path: str, mode: str, form: str = "parquet", by=(), **options: str) -> dict:
    return {"do": "write", "text": text, "path": path, "mode": mode, "format": form, "by": list(by), "options": options}


def layout(path: str) -> dict:
    """The folders below a path that have files, and how many: engines name files as they like."""
    return {"do": "layout", "path": path}


def conf(values: dict) -> dict:
    """Settings of the session; None takes one back."""
    return {"do": "conf", "values": values}


def insert(place: str) -> List[dict]:
    """INSERT, INSERT OVERWRITE, static and dynamic partitions, Parquet, ORC and text, by Spark's own committer."""
    # Said in full, since Spark 4.1 takes the magic committer by itself where its bindings are on the class path.
    own = {"fs.s3a.committer.name": "file",
           "spark.sql.sources.commitProtocolClass": "org.apache.spark.sql.execution.datasources.SQLHadoopMapReduceCommitProtocol",
           "spark.sql.parquet.output.committer.class": "org.apache.parquet.hadoop.ParquetOutputCommitter"}
    steps: List[dict] = [conf(own)]
    for form in ("parquet", "orc"):
        table, path = f"t_{form}", f"{place}/{form}"
        read = [ask(f"SELECT * FROM {form}.`{path}`"),
                ask(f"SELECT p, count(*), sum(value), min(text) FROM {form}.`{path}` WHERE value > 70 GROUP BY p"),
                layout(path)]
        steps += [
            sql(f"CREATE TABLE {table} (id BIGINT, value BIGINT, text STRING, p INT) USING {form} PARTITIONED BY (p) LOCATION '{path}'"),
            sql(f"INSERT INTO {table} {numbers(1)}"), *read,
            sql(f"INSERT INTO {table} {numbers(2, 100)}"), *read,
            sql(f"INSERT OVERWRITE {table} {numbers(3)}"), *read,
            sql(f"INSERT OVERWRITE {table} PARTITION (p = 1) SELECT id, value, text FROM ({numbers(4, 50)})"), *read,
            conf({"spark.sql.sources.partitionOverwriteMode": "dynamic"}),
            sql(f"INSERT OVERWRITE {table} SELECT * FROM ({numbers(5)}) WHERE p IN (0, 2)"), *read,
            sql(f"INSERT OVERWRITE {table} SELECT * FROM ({numbers(6)}) WHERE p IN (2, 3)"), *read,
            conf({"spark.sql.sources.partitionOverwriteMode": None}),
            sql(f"INSERT OVERWRITE {table} {numbers(7, 30)}"), *read,
            sql(f"DROP TABLE {table}"),
        ]
    plain = f"{place}/plain"
    read = [ask(f"SELECT * FROM csv.`{plain}`"), layout(plain)]
    for version, mode in enumerate(("overwrite", "append", "overwrite", "overwrite"), 10):
        steps += [write(numbers(version, 200), plain, mode, "csv"), *read]
    return steps + [conf({name: None for name in own})]


def committers(place: str) -> List[dict]:
    """S3A's committers, which finish an upload at another time and place than its stream."""
    steps = [conf({
        "mapreduce.outputcommitter.factory.scheme.s3a": "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
        "spark.sql.sources.commitProtocolClass": CLOUD + "PathOutputCommitProtocol",
        "spark.sql.parquet.output.committer.class": CLOUD + "BindingParquetOutputCommitter"})]
    for name in ("directory", "partitioned", "magic"):
        path = f"{place}/{name}"
        read = [ask(f"SELECT * FROM parquet.`{path}`"),
                ask(f"SELECT p, sum(value), max(text) FROM parquet.`{path}` WHERE id > 9 GROUP BY p"),
                {"do": "success", "path": path, "expect": name}]
        steps += [
            conf({"fs.s3a.committer.name": name, "fs.s3a.committer.staging.conflict-mode": "replace"}),
            write(numbers(1), path, "overwrite", by=["p"]), *read,
            write(numbers(2), path, "overwrite", by=["p"]), *read,
        ]
        if name == "partitioned":
            # Replaces the folders that it writes to, and no other.
            steps += [write(f"SELECT * FROM ({numbers(3)}) WHERE p > 1", path, "append", by=["p"]), *read]
        steps += [
            conf({"fs.s3a.committer.staging.conflict-mode": "append"}),
            write(numbers(4, 60), path, "append", by=["p"]), *read,
            write(numbers(5, 90), path, "overwrite", by=["p"]), *read,
        ]
    return steps + [conf({name: None for name in steps[0]["values"]})]


def delta(place: str) -> List[dict]:
    """A Delta table: every kind of change, every version again, compaction and vacuum."""
    table = f"delta.`{place}/table`"
    steps: List[dict] = [sql(f"CREATE TABLE {table} (id BIGINT, value BIGINT, text STRING, p INT) USING delta PARTITIONED BY (p)")]
    read = [ask(f"SELECT * FROM {table}"), ask(f"SELECT p, count(*), sum(value) FROM {table} WHERE value > 70 GROUP BY p")]
    changes = [
        f"INSERT INTO {table} {numbers(1)}",
        f"INSERT INTO {table} {numbers(2, 80)}",
        f"UPDATE {table} SET value = value + 1000, text = 'updated' WHERE id % 5 = 0",
        f"DELETE FROM {table} WHERE id % 7 = 3",
        f"MERGE INTO {table} t USING ({numbers(3, 600)}) s ON t.id = s.id AND t.p = s.p AND t.id > 300 "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED AND s.id > 500 THEN INSERT *",
        f"OPTIMIZE {table}",
        f"INSERT OVERWRITE {table} {numbers(4)}",
        f"INSERT OVERWRITE {table} {numbers(4)}",
    ]
    for change in changes:
        steps += [sql(change), *read]
    versions = [ask(f"SELECT * FROM {table} VERSION AS OF {version}") for version in range(len(changes) + 1)]
    steps += versions
    steps += [sql(f"RESTORE TABLE {table} TO VERSION AS OF 4"), *read, sql(f"OPTIMIZE {table}"), *read,
              sql(f"VACUUM {table} RETAIN 0 HOURS"), *read,
              # What the vacuum took is gone for stock S3A; nobody may still be shown it.
              *[{**version, "may_fail": True} for version in versions[1:4]],
              sql(f"INSERT OVERWRITE {table} {numbers(9, 20)}"), *read]
    return steps


def iceberg(place: str) -> List[dict]:
    """An Iceberg table in a Hadoop catalog by HadoopFileIO, whose version hint is one key written again and again."""
    table = "ice.db.t"
    read = [ask(f"SELECT * FROM {table}"), ask(f"SELECT p, count(*), sum(value) FROM {table} WHERE value > 70 GROUP BY p")]
    steps: List[dict] = [
        sql(f"CREATE TABLE {table} (id BIGINT, value BIGINT, text STRING, p INT) USING iceberg PARTITIONED BY (p)")]
    changes = [
        f"INSERT INTO {table} {numbers(1)}",
        f"INSERT INTO {table} {numbers(2, 80)}",
        f"UPDATE {table} SET value = value + 1000, text = 'updated' WHERE id % 5 = 0",
        f"DELETE FROM {table} WHERE id % 7 = 3",
        f"DELETE FROM {table} WHERE p = 2",
        f"MERGE INTO {table} t USING ({numbers(3, 600)}) s ON t.id = s.id AND t.id > 200 "
        "WHEN MATCHED THEN UPDATE SET text = 'merged' WHEN NOT MATCHED AND s.id > 500 THEN INSERT *",
        "CALL ice.system.rewrite_data_files(table => 'db.t', options => map('rewrite-all', 'true'))",
        f"INSERT OVERWRITE {table} {numbers(4)}",
        f"INSERT OVERWRITE {table} {numbers(5, 150)}",
    ]
    for change in changes:
        steps += [sql(change), *read]
    versions = [ask(f"SELECT * FROM {table} VERSION AS OF {{snapshot:{version}}}", table) for version in range(len(changes))]
    steps += versions
    steps += [sql("CALL ice.system.expire_snapshots(table => 'db.t', older_than => TIMESTAMP '2999-01-01 00:00:00', retain_last => 1)"),
              *read, ask(f"SELECT operation FROM {table}.snapshots"),
              sql(f"INSERT OVERWRITE {table} {numbers(6, 20)}"), *read,
              sql("CALL ice.system.rewrite_manifests('db.t')"), *read]
    return steps


def files(place: str) -> List[dict]:
    """One key written again and again, at the same length, by every way that Hadoop's interface has."""
    path, steps = f"{place}/one.txt", []
    read = [ask(f"SELECT * FROM text.`{path}`"), {"do": "file", "how": "status", "path": path}]
    ways = ["create", "builder", "create", "another-instance", "rename", "parts", "copy-from-local", "parts", "builder",
            "bulk-delete", "rename", "another-instance", "bulk-delete", "parts", "create"]
    for version, way in enumerate(ways):
        # After a delete there is nothing to read, and nobody may still be shown it.
        steps += [{"do": "file", "how": way, "path": path, "version": version, "lines": 3000},
                  *({**question, "may_fail": way == "bulk-delete"} for question in read)]
    return steps


WORKLOADS: Dict[str, Callable[[str], List[dict]]] = {
    "insert": insert, "committers": committers, "delta": delta, "iceberg": iceberg, "files": files}


def changes_nothing(step: dict) -> bool:
    """Whether any application may do this, at any time."""
    return step["do"] in ("ask", "success", "layout") or step.get("how") == "status"
