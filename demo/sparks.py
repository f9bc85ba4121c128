"""The Sparks that the demo and the tests run: a release, the Hadoop below it, and the jars beside it.

A release comes from pip with a Hadoop of its own. `3.5-hadoop3.4` is the Spark that most clusters run today: 3.5
over a newer Hadoop. No package holds it, so it is put together as clusters do: a Spark home of symbolic links
in which the client jars of Hadoop 3.3.4 are left out and those of 3.4.1 are put in.

Hadoop 3.4's S3A uses the AWS SDK v2, of which only the modules are fetched that S3A calls (its bundle weighs
550 MB). What Spark has itself (Netty, the Apache HTTP client, logging) is left out there: two versions of one
library on a class path are worse than one that is a little newer.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

import places


@dataclass(frozen=True)
class Spark:
    """One Spark. `hadoop` is the version it runs on, `ships` the one in its package."""

    name: str
    release: str
    scala: str
    ships: str
    hadoop: str
    sdk: Tuple[str, ...]
    # With the jars they need, and without them.
    sdk_modules: Tuple[str, ...] = ()
    vectored: bool = False
    # Of the committers' bindings, where Central lacks the one of this very patch release.
    bindings: str = ""
    delta: Tuple[str, ...] = ()
    iceberg: str = ""

    @property
    def venv(self) -> Path:
        return places.user_cache() / f"py-pyspark-{self.release}"

    @property
    def assembled(self) -> bool:
        """Whether the package's Hadoop is exchanged for another."""
        return self.ships != self.hadoop

    @property
    def home(self) -> Path:
        """What spark-submit calls SPARK_HOME."""
        return places.user_cache() / f"spark-{self.release}-hadoop-{self.hadoop}" if self.assembled else self.package

    @property
    def package(self) -> Path:
        """Spark as pip installed it."""
        return next(iter(sorted(self.venv.glob("lib/python3*/site-packages/pyspark"))), self.venv / "pyspark-is-missing")

    @property
    def s3a(self) -> Path:
        """The folder of hadoop-aws and its SDK."""
        version = f"-sdk-{self.sdk_modules[0].rpartition(':')[2]}" if self.sdk_modules else ""
        return places.user_cache() / "jars" / f"hadoop-aws-{self.hadoop}{version}"

    @property
    def client(self) -> Path:
        """The folder of the Hadoop that is put in."""
        return places.user_cache() / "jars" / f"hadoop-client-{self.hadoop}"

    @property
    def formats(self) -> Path:
        """The folder of the committers' bindings, Delta and Iceberg."""
        versions = "-".join(jar.rpartition(":")[2] for jar in (self.delta[0], self.iceberg))
        return places.user_cache() / "jars" / f"writers-spark-{self.release}-{versions}"

    def s3a_jars(self) -> List[str]:
        return sorted(str(jar) for jar in self.s3a.glob("*.jar"))

    def format_jars(self) -> List[str]:
        return sorted(str(jar) for jar in self.formats.glob("*.jar"))

    def environment(self) -> Dict[str, str]:
        """What the launcher and Python need to know."""
        python = str(self.venv / "bin" / "python")
        return {"PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python, "SPARK_HOME": str(self.home)}

    @property
    def client_coordinates(self) -> List[str]:
        return [f"org.apache.hadoop:hadoop-client-{part}:{self.hadoop}" for part in ("api", "runtime")]

    @property
    def format_coordinates(self) -> List[str]:
        return [f"org.apache.spark:spark-hadoop-cloud_{self.scala}:{self.bindings or self.release}", *self.delta, self.iceberg]


def sdk_v2(version: str, *more: str) -> Dict[str, Tuple[str, ...]]:
    """S3A's part of the AWS SDK v2, all of one version: the transfer manager calls what older clients lack."""
    whole = tuple(f"software.amazon.awssdk:{name}:{version}" for name in ("s3", "sts", "apache-client", "netty-nio-client"))
    return {"sdk": (f"software.amazon.awssdk:s3-transfer-manager:{version}", "org.wildfly.openssl:wildfly-openssl:1.1.3.Final",
                    *more),
            "sdk_modules": whole}


def _delta(suffix: str, version: str) -> Tuple[str, ...]:
    return f"io.delta:delta-spark_{suffix}:{version}", f"io.delta:delta-storage:{version}"


DELTA_35, ICEBERG_35 = _delta("2.12", "3.3.2"), "org.apache.iceberg:iceberg-spark-runtime-3.5_2.12:1.11.0"

ALL = {spark.name: spark for spark in (
    Spark("3.5", places.SPARK, "2.12", "3.3.4", places.HADOOP_AWS, (places.AWS_SDK,), bindings="3.5.8", delta=DELTA_35, iceberg=ICEBERG_35),
    # 3.4.1 is what EMR 7.8 to 7.12 run. It was built with SDK 2.24.6, whose transfer manager is in the bundle only.
    Spark("3.5-hadoop3.4", places.SPARK, "2.12", "3.3.4", "3.4.1", **sdk_v2("2.25.0"), bindings="3.5.8", delta=DELTA_35,
          iceberg=ICEBERG_35),
    Spark("4.1", "4.1.4", "2.13", "3.4.2", "3.4.2",
          **sdk_v2("2.29.52", "software.amazon.s3.analyticsaccelerator:analyticsaccelerator-s3:1.2.1"),
          vectored=True, bindings="4.1.1", delta=_delta("4.1_2.13", "4.3.1"), iceberg="org.apache.iceberg:iceberg-spark-runtime-4.1_2.13:1.11.0"),
)}
USUAL = "3.5"


def named(name: str) -> Spark:
    """The Spark of that name; a ValueError that says which there are otherwise."""
    if name not in ALL:
        raise ValueError(f"no Spark is called {name}: choose from {', '.join(ALL)}")
    return ALL[name]
