"""A Spark application that stays and does as told, for as many statements as a test has.

Python starts it rather than spark-submit, which gives its Python no standard input. It ends when its input closes.
"""
from __future__ import annotations

import json
import shlex
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional

HERE = Path(__file__).resolve().parent
CLONE = HERE.parent.parent
sys.path[:0] = [str(CLONE / "demo"), str(CLONE / "scripts")]

import passes  # noqa: E402
import places  # noqa: E402
from children import Children  # noqa: E402
from sparks import Spark  # noqa: E402

EVENT = "forebay-writers "
# A guard against hanging for ever, not a measure: one statement takes seconds on two cores.
GUARD_SECONDS = 300
OVERLAY = "io.forebay.hadoop.s3a.ForebayS3AFileSystem"
# The origin of an application that has Forebay's file system instead of hadoop-aws.
STANDALONE, ALONE = "standalone", "io.forebay.hadoop.ForebayFileSystem"
EXTENSIONS = "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"


class ApplicationEnded(Exception):
    """The application ended before it answered; the message names its log."""


@dataclass(frozen=True)
class Setting:
    """What applications of one run share."""

    children: Children
    spark: Spark
    endpoint: str
    environment: Dict[str, str]
    scratch: Path
    jar: Path


class Application:
    """One application: stock S3A where `origin` is empty, else Forebay with that origin."""

    def __init__(self, setting: Setting, name: str, warehouse: str, origin: str = "", cache: Optional[Path] = None):
        self.name, self.setting = name, setting
        self.log = setting.scratch / f"{name}.log"
        conf = self._conf(warehouse, origin, cache)
        properties = setting.scratch / f"{name}.properties"
        properties.write_text("".join(f"{key} {value}\n" for key, value in conf.items()))
        connector = [] if origin == STANDALONE else setting.spark.s3a_jars()
        jars = [*connector, *setting.spark.format_jars()]
        if origin:
            jars.insert(0, str(setting.jar))
        # Statements of a second each, in JVMs of minutes: the first compiler is all they get to use.
        options = (f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.io.tmpdir={setting.scratch / 'tmp'} -XX:-UsePerfData "
                   f"-Dlog4j2.configurationFile={(places.DEMO / 'log4j2.properties').as_uri()}")
        submit = ["--master", "local[2]", "--driver-memory", "1g", "--properties-file", str(properties),
                  "--driver-class-path", ":".join(jars), "--driver-java-options", options, "pyspark-shell"]
        environment = {**passes.kept_environment(), **setting.environment, **setting.spark.environment(),
                       "PYTHONDONTWRITEBYTECODE": "1", "SPARK_LOCAL_IP": "127.0.0.1",
                       "TMPDIR": str(setting.scratch / "tmp"), "PYSPARK_SUBMIT_ARGS": shlex.join(submit),
                       "PYTHONPATH": f"{HERE}:{places.DEMO}"}
        with open(self.log, "wb") as log:
            self._process = setting.children.start(
                [str(setting.spark.venv / "bin" / "python"), str(HERE / "serve.py")], environment=environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=setting.scratch)

    def _conf(self, warehouse: str, origin: str, cache: Optional[Path]) -> Dict[str, str]:
        scratch, s3a = self.setting.scratch, "spark.hadoop.fs.s3a."
        conf = {
            "spark.ui.enabled": "false", "spark.eventLog.enabled": "false",
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": "2", "spark.default.parallelism": "2",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": f"{warehouse}/warehouse", "spark.local.dir": str(scratch / "tmp"),
            "spark.hadoop.hadoop.tmp.dir": str(scratch / "tmp"),
            s3a + "endpoint": self.setting.endpoint, s3a + "path.style.access": "true",
            s3a + "connection.ssl.enabled": "false", s3a + "committer.magic.enabled": "true",
            s3a + "committer.staging.tmp.path": str(scratch / "tmp" / "staging"),
            "spark.sql.extensions": EXTENSIONS,
            "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            "spark.databricks.delta.retentionDurationCheck.enabled": "false",
            "spark.databricks.delta.snapshotPartitions": "2",
            # VACUUM lists by so many tasks; the default is 10,000.
            "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
            "spark.sql.catalog.ice": "org.apache.iceberg.spark.SparkCatalog",
            "spark.sql.catalog.ice.type": "hadoop", "spark.sql.catalog.ice.warehouse": f"{warehouse}/iceberg",
            "spark.sql.catalog.ice.io-impl": "org.apache.iceberg.hadoop.HadoopFileIO",
            "spark.sql.catalog.ice.cache-enabled": "false",
        }
        if origin:
            reads = {s3a + "impl": ALONE} if origin == STANDALONE else {
                s3a + "impl": OVERLAY, "spark.hadoop.fs.forebay.origin": origin}
            conf.update({**reads,
                         "spark.hadoop.fs.forebay.cache.dirs": str(cache),
                         "spark.hadoop.fs.forebay.cache.size": "1GB"})
        return conf

    def begin(self) -> "Application":
        """Waits until the application is up."""
        self.answer()
        return self

    def tell(self, command: dict) -> None:
        """Sends a command; `answer` waits for what it brings."""
        try:
            self._process.stdin.write((json.dumps(command) + "\n").encode())
            self._process.stdin.flush()
        except OSError:
            raise self._ended() from None

    def answer(self) -> dict:
        guard = threading.Timer(GUARD_SECONDS, self._process.kill)
        guard.start()
        try:
            for raw in self._process.stdout:
                text = raw.decode("utf-8", "replace")
                if text.startswith(EVENT):
                    return json.loads(text[len(EVENT):])
        finally:
            guard.cancel()
        raise self._ended()

    def do(self, command: dict) -> dict:
        self.tell(command)
        return self.answer()

    def end(self) -> None:
        self.setting.children.end(self._process)

    def _ended(self) -> ApplicationEnded:
        return ApplicationEnded(f"{self.name} ended or did not answer within {GUARD_SECONDS} s; the end of {self.log}:\n"
                                + passes.tail(self.log))
