"""An installation of Spark that reads s3a:// already, as a newcomer has it: files of its own that a test may edit."""
from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import urllib.request
from pathlib import Path
from typing import Dict, Iterable

CLONE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CLONE / "tests" / "process"))

import places  # noqa: E402
from s3 import Bucket  # noqa: E402
from servers import HOST, LOCAL  # noqa: E402
from stage import Stage  # noqa: E402

DATA = "0.01"
TABLE = f"{places.BUCKET}/deploy/customer"


class SparkHome:
    """A SPARK_HOME below a scratch folder: Spark's own files by links, jars and configuration apart."""

    def __init__(self, folder: Path, jars: Path, stage: Stage):
        self.folder, self.jars, self.stage = folder, jars, stage
        spark = next(places.venv().glob("lib/python3*/site-packages/pyspark"))
        for part in ("bin", "sbin", "python"):
            (folder / part).symlink_to(spark / part)
        jars.mkdir(parents=True, exist_ok=True)
        for jar in (*spark.glob("jars/*.jar"), *places.jars().glob("*.jar")):
            (jars / jar.name).symlink_to(jar)
        if jars != folder / "jars":
            (folder / "jars").symlink_to(jars)
        (folder / "conf").mkdir()
        shutil.copy2(places.DEMO / "log4j2.properties", folder / "conf")
        self.defaults = folder / "conf" / "spark-defaults.conf"
        self.home, self.tmp, self.work = (folder.parent / name for name in ("home", "tmp", "work"))
        for place in (self.home, self.tmp, self.work):
            place.mkdir(mode=0o700)
        self.configure(self._before().items())

    def _before(self) -> Dict[str, str]:
        return {
            "spark.master": "local[2]", "spark.driver.memory": "1g", "spark.ui.enabled": "false",
            "spark.driver.host": HOST, "spark.driver.bindAddress": HOST, "spark.local.dir": str(self.tmp),
            "spark.sql.catalogImplementation": "in-memory", "spark.sql.warehouse.dir": str(self.work / "warehouse"),
            "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={self.tmp} -XX:-UsePerfData",
            "spark.hadoop.hadoop.tmp.dir": str(self.tmp), "spark.hadoop.fs.s3a.endpoint": self.stage.proxy.endpoint,
            "spark.hadoop.fs.s3a.path.style.access": "true", "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        }

    def configure(self, properties: Iterable) -> None:
        with open(self.defaults, "a") as file:
            file.writelines(f"{name} {value}\n" for name, value in properties)

    def environment(self) -> Dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "SPARK_HOME": str(self.folder),
                "SPARK_LOCAL_IP": HOST, "TMPDIR": str(self.tmp), **self.stage.keys.environment()}

    def fingerprint(self) -> str:
        """Changes with every edit of the installation."""
        digest = hashlib.sha256()
        for file in sorted((*self.folder.rglob("*"), *self.jars.rglob("*"))):
            digest.update(f"{file} {file.is_symlink()}\n".encode())
            if file.is_file() and not file.is_symlink():
                digest.update(file.read_bytes())
        return digest.hexdigest()


def put_table(stage: Stage) -> None:
    bucket = Bucket(HOST, stage.proxy.ports["port"], places.BUCKET, stage.keys.access, stage.keys.secret)
    for file in sorted(places.data(DATA).rglob("*customer*.parquet")) or sorted((places.data(DATA) / "customer").iterdir()):
        bucket.put(f"deploy/customer/{file.name}", file.read_bytes())
    bucket.close()


def data_gets(stage: Stage) -> int:
    """Answers with a body that the store has given, as the proxy in front of it counts them."""
    with LOCAL.open(urllib.request.Request(stage.proxy.control + "/stats"), timeout=30) as answer:
        return int(json.load(answer)["data"]["gets"])
