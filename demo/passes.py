"""The passes of the main job and the Spark applications that run them.

Three applications: stock S3A alone; Forebay with an empty cache and, in the same application, once more;
Forebay in a new application over the cache that the second left. When asked for, a fourth has Forebay alone over
that cache, with neither hadoop-aws nor an SDK of AWS on the class path. A further one over local files
(`file://`) is there for comparison when asked for. Every application first runs the queries once over a
local copy, unmeasured, so that each measured pass meets a compiled JVM and the difference is input.
"""
from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Dict, List, Optional

import places
from children import Children
from job import EVENT
from sparks import Spark

QUERIES = 22


class ApplicationFailed(Exception):
    """A Spark application ended badly; the message names its log."""


@dataclass(frozen=True)
class Pass:
    """One round of the queries: how it is asked for, what it is called, what it reads through."""

    key: str
    name: str
    filesystem: str
    cache: str


@dataclass(frozen=True)
class Application:
    """One JVM and the passes it runs, in order; `cache` is its directory of Forebay's, below the scene's folder."""

    key: str
    passes: List[Pass]
    conf: Dict[str, str] = field(default_factory=dict)
    cache: str = "cache"
    # Whether hadoop-aws is on the class path.
    connector: bool = True

    @property
    def forebay(self) -> bool:
        return any(one.filesystem == "forebay" for one in self.passes)


FILE = Pass("file", "local files", "file", "none")
S3A = Pass("s3a", "stock S3A", "s3a", "none")
COLD = Pass("cold", "Forebay cold", "forebay", "cold")
WARM = Pass("warm", "Forebay warm", "forebay", "warm")
NEW = Pass("new-application", "Forebay, new application", "forebay", "new-application")
ALONE = Pass("alone", "Forebay without hadoop-aws", "forebay", "alone")

ALL = [Application("file", [FILE]), Application("s3a", [S3A]), Application("forebay", [COLD, WARM]),
       Application("new-application", [NEW]), Application("alone", [ALONE], connector=False)]
USUAL = ["s3a", "cold", "warm", "new-application"]


def chosen(keys: List[str]) -> List[Application]:
    known = [one.key for application in ALL for one in application.passes]
    for key in keys:
        if key not in known:
            raise ValueError(f"no pass is called {key}: choose from {', '.join(known)}")
    picked = [replace(one, passes=[p for p in one.passes if p.key in keys]) for one in ALL]
    return [application for application in picked if application.passes]


@dataclass
class Scene:
    """Everything an application needs to know about this run."""

    spark: Spark
    scale_factor: str
    endpoint: str
    control: str
    scratch: Path
    logs: Path
    environment: Dict[str, str]
    forebay_jar: Optional[Path]
    origin: str
    warmup: bool
    memory: str
    cache_size: str
    extra_conf: List[str]

    @property
    def prefix(self) -> str:
        return f"tpch/sf{self.scale_factor}"

    @property
    def local(self) -> Path:
        """The tables as local files."""
        return places.data(self.scale_factor)

    @property
    def queries(self) -> Path:
        return places.DEMO / "queries"

    @property
    def tables(self) -> Dict[str, str]:
        """Their formats by name."""
        return dict.fromkeys(places.TABLES, "parquet")

    @property
    def script(self) -> Path:
        """What spark-submit runs."""
        return places.DEMO / "job.py"

    @property
    def class_path(self) -> List[str]:
        """What is needed there besides the jars of S3A and Forebay."""
        return []

    def location(self, one: Pass) -> str:
        if one.filesystem == "file":
            return self.local.as_uri()
        return f"s3a://{places.BUCKET}/{self.prefix}"

    def spec(self, application: Application) -> dict:
        """What the script is told."""
        return {
            "scale_factor": self.scale_factor,
            "queries": str(self.queries),
            "tables": self.tables,
            "warmup": self.local.as_uri() if self.warmup else None,
            "control": self.control,
            "forebay": application.forebay,
            "passes": [{"name": one.name, "location": self.location(one), "counted": one.filesystem != "file"}
                       for one in application.passes],
        }


def run(application: Application, scene: Scene, children: Children, hear: Callable[[dict], None]) -> List[dict]:
    """Runs one application; `hear` gets its events as they come. Returns its ended passes."""
    spec_file = scene.scratch / f"job-{application.key}.json"
    spec_file.write_text(json.dumps(scene.spec(application), indent=1))
    log_file = scene.logs / f"spark-{application.key}.log"
    with open(log_file, "wb", buffering=0) as log:
        child = children.start(submit_command(application, scene, spec_file), environment=submit_environment(scene),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, cwd=scene.scratch)
        ended, last = [], {}
        for line in child.stdout:
            text = line.decode("utf-8", "replace")
            if not text.startswith(EVENT):
                log.write(line)
                continue
            last = json.loads(text[len(EVENT):])
            if last["event"] == "pass-ended":
                ended.append(last)
            hear(last)
        code = child.wait()
        children.end(child)
    if code != 0 or last.get("event") != "ended" or len(ended) != len(application.passes):
        raise ApplicationFailed(f"spark-submit ended with {code} before its passes did; the end of {log_file}:\n"
                                + tail(log_file))
    for one in ended:
        one["peak_rss"] = last["peak_rss"]
    return ended


def submit_command(application: Application, scene: Scene, spec: Path) -> List[str]:
    jars = [*scene.class_path, *(scene.spark.s3a_jars() if application.connector else [])]
    if application.forebay:
        jars.insert(0, str(scene.forebay_jar))
    conf = spark_conf(application, scene)
    conf["spark.executor.extraClassPath"] = ":".join(jars)
    command = [str(scene.spark.home / "bin" / "spark-submit"), "--master", "local[2]", "--driver-memory", scene.memory,
               "--name", f"forebay-demo-{application.key}", "--driver-class-path", ":".join(jars),
               "--driver-java-options", java_options(scene)]
    for name, value in conf.items():
        command += ["--conf", f"{name}={value}"]
    for setting in scene.extra_conf:
        command += ["--conf", setting]
    return command + [str(scene.script), str(spec)]


def spark_conf(application: Application, scene: Scene) -> Dict[str, str]:
    conf = {
        "spark.ui.enabled": "false",
        "spark.eventLog.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(scene.scratch / "warehouse"),
        "spark.local.dir": str(scene.scratch / "tmp"),
        "spark.hadoop.hadoop.tmp.dir": str(scene.scratch / "tmp"),
        "spark.hadoop.fs.s3a.endpoint": scene.endpoint,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    }
    if application.forebay:
        overlay, alone = "io.forebay.hadoop.s3a.ForebayS3AFileSystem", "io.forebay.hadoop.ForebayFileSystem"
        conf["spark.hadoop.fs.s3a.impl"] = overlay if application.connector else alone
        conf["spark.hadoop.fs.forebay.cache.dirs"] = str(scene.scratch / application.cache)
        conf["spark.hadoop.fs.forebay.cache.size"] = scene.cache_size
        if scene.origin:
            conf["spark.hadoop.fs.forebay.origin"] = scene.origin
    return {**conf, **application.conf}


def java_options(scene: Scene) -> str:
    # No perf data file, since a killed JVM would leave it in /tmp.
    return (f"-Djava.io.tmpdir={scene.scratch / 'tmp'} -XX:-UsePerfData "
            f"-Dlog4j2.configurationFile={(places.DEMO / 'log4j2.properties').as_uri()}")


def submit_environment(scene: Scene) -> Dict[str, str]:
    return {**kept_environment(), **scene.environment, **scene.spark.environment(),
            "PYTHONDONTWRITEBYTECODE": "1", "SPARK_LOCAL_IP": "127.0.0.1", "TMPDIR": str(scene.scratch / "tmp")}


def kept_environment() -> Dict[str, str]:
    """The caller's, without what would change Spark, Hadoop or the credentials."""
    return {name: value for name, value in os.environ.items()
            if not re.match(r"(SPARK_|PYSPARK_|HADOOP_|AWS_|PYTHONPATH$|PYTHONHOME$)", name)}


def tail(log: Path, lines: int = 25) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
