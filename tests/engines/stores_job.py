"""A job that writes and reads a table below each root it is given, and says what came of it as a line of JSON.

    spark-submit [--conf ...] stores_job.py ROOT...
"""
from __future__ import annotations

import json
import sys
from typing import Dict, List

ANSWER = "stores-answer "


def main(roots: List[str]) -> None:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    session.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    print(ANSWER + json.dumps({root: table(session, root) for root in roots}), flush=True)
    session.stop()


def table(session, root: str) -> Dict[str, object]:
    """Inserts, appends, overwrites one partition of a table, and reads it twice."""
    place = f"{root}/stores job/t"
    rows(session, 0, 20_000).write.partitionBy("p").parquet(place)
    rows(session, 20_000, 21_000).write.mode("append").partitionBy("p").parquet(place)
    rows(session, 0, 100).where("p = 1").write.mode("overwrite").partitionBy("p").parquet(place)
    rows(session, 0, 50).write.mode("overwrite").parquet(f"{root}/stores job/whole")
    rows(session, 0, 70).write.mode("overwrite").parquet(f"{root}/stores job/whole")
    first = answer(session, place)
    before = ssd_bytes(session)
    second = answer(session, place)
    return {"rows": first, "again": second, "whole": session.read.parquet(f"{root}/stores job/whole").count(),
            "files": files(session, place), "from_cache": ssd_bytes(session) - before}


def rows(session, start: int, end: int):
    return session.range(start, end, 1, 2).selectExpr("id", "concat('value of ', id * 7919) as v", "id % 5 as p")


def answer(session, place: str) -> List[List[int]]:
    session.read.parquet(place).createOrReplaceTempView("t")
    found = session.sql("select p, count(*), sum(id), sum(crc32(v)) from t group by p order by p")
    return [list(row) for row in found.collect()]


def files(session, place: str) -> Dict[str, int]:
    """How many files of data each directory of the table holds; other names are told as they are."""
    java = session._jvm
    path = java.org.apache.hadoop.fs.Path(place)
    found = path.getFileSystem(session._jsc.hadoopConfiguration()).listFiles(path, True)
    counts: Dict[str, int] = {}
    while found.hasNext():
        name = found.next().getPath()
        kind = "part" if name.getName().startswith("part-") else name.getName()
        key = f"{name.getParent().getName()}/{kind}"
        counts[key] = counts.get(key, 0) + 1
    return counts


def ssd_bytes(session) -> int:
    found = session._jvm.io.forebay.hadoop.ForebayMetrics.snapshot().get("read.bytes.ssd")
    return int(found or 0)


if __name__ == "__main__":
    main(sys.argv[1:])
