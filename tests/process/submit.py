"""Spark applications as users submit them, over the stage's store."""
from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Dict, List, Sequence

import places
from servers import HOST
from stage import GUARD_SECONDS, Stage, spark_home

APPLICATION = "ReadsATable"


class Submitter:
    """Submits `ReadsATable` in one way or another, and brings back what it and its log said."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        region = next(places.data("0.01").glob("region/*.parquet"))
        self.table = stage.put("process/region.parquet", region.read_bytes())
        self.application = stage.scratch / "application.jar"
        with zipfile.ZipFile(self.application, "w") as jar:
            for file in stage.classes.glob(f"{APPLICATION}*.class"):
                jar.write(file, file.name)
        self._runs = 0

    def conf(self, cache: Path) -> Dict[str, str]:
        return {
            "spark.ui.enabled": "false",
            "spark.driver.host": HOST,
            "spark.driver.bindAddress": HOST,
            "spark.executor.memory": "512m",
            "spark.driver.memory": "512m",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.local.dir": str(self.stage.scratch / "spark"),
            "spark.driver.extraJavaOptions": self.java_options(),
            "spark.executor.extraJavaOptions": self.java_options(),
            "spark.hadoop.fs.s3a.endpoint": self.stage.proxy.endpoint,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
            "spark.hadoop.fs.s3a.impl": "io.forebay.hadoop.s3a.ForebayS3AFileSystem",
            "spark.hadoop.fs.forebay.cache.dirs": str(cache),
            "spark.hadoop.fs.forebay.cache.size": "256MB",
        }

    def java_options(self) -> str:
        return (f"-Djava.io.tmpdir={self.stage.scratch} -XX:-UsePerfData "
                f"-Dlog4j2.configurationFile={(places.DEMO / 'log4j2.properties').as_uri()}")

    def environment(self, home: Path) -> Dict[str, str]:
        kept = {name: value for name, value in os.environ.items()
                if not re.match(r"(SPARK_|PYSPARK_|HADOOP_|AWS_)", name)}
        return {**kept, **self.stage.keys.environment(), "SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST}

    def run(self, master: str, conf: Dict[str, str], options: Sequence[str] = (), home: Path = None) -> "Submitted":
        """Submits, waits, and returns what was said."""
        self._runs += 1
        answer = self.stage.scratch / f"answer-{self._runs}"
        home = home or spark_home()
        command: List[str] = [str(home / "bin" / "spark-submit"), "--master", master, "--class", APPLICATION, *options]
        for name, value in {**self.conf(self.stage.fresh_cache()), **conf}.items():
            command += ["--conf", f"{name}={value}"]
        command += [str(self.application), self.table, str(answer)]
        child = self.stage.children.start(command, self.environment(home), cwd=self.stage.scratch,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            said, _ = child.communicate(timeout=GUARD_SECONDS)
        finally:
            self.stage.children.end(child)
        return Submitted(child.returncode, said.decode("utf-8", "replace"), answer)


class Submitted:
    """How an application ended, what its driver's log held, and where its answer is."""

    def __init__(self, code: int, log: str, answer: Path):
        self.code, self.log, self._answer = code, log, answer

    @property
    def answer(self) -> str:
        return self._answer.read_text() if self._answer.exists() else f"none; it ended with {self.code}:\n{self.log}"
