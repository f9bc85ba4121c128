"""Spark writes and reads tables on Google's store and on Azure's with Forebay's jar alone, as it does on local files.

The stores are fake-gcs-server and Azurite, which `scripts/setup.py --only stores` installs.
"""
from __future__ import annotations

import base64
import email.utils
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from typing import Dict, List

CLONE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CLONE / "demo"))
import places  # noqa: E402
from children import Children  # noqa: E402
from run import build_jar  # noqa: E402
from servers import HOST, LOCAL, START_SECONDS, free_ports  # noqa: E402
from terminal import Terminal  # noqa: E402

BUCKET = "lake"
ACCOUNT = "acc"
KEY = base64.b64encode(b"a key of tests, which is as long as Azure's are, 64 bytes in all").decode()
GOOGLE = f"gs://{BUCKET}"
AZURE_HOST = f"{ACCOUNT}.dfs.core.windows.net"
AZURE = f"abfs://{BUCKET}@{AZURE_HOST}"
GUARD_SECONDS = 600


def start(children: Children, command: List[str], port: int, log: Path, **environment: str) -> None:
    with open(log, "wb") as output:
        child = children.start(command, {**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output,
                               stderr=subprocess.STDOUT)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and child.poll() is None:
        try:
            LOCAL.open(f"http://{HOST}:{port}/", timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            # Nothing tells when a process begins to listen; this is the pace of asking.
            time.sleep(0.1)
    raise AssertionError(f"{command[0]} did not start:\n{log.read_text(errors='replace')}")


def make_container(port: int) -> None:
    """Signs one request: neither Spark nor Forebay makes containers."""
    date = email.utils.formatdate(usegmt=True)
    headers = {"x-ms-date": date, "x-ms-version": "2023-11-03"}
    signed = "PUT" + "\n" * 12 + "".join(f"{name}:{value}\n" for name, value in headers.items())
    signed += f"/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
    digest = hmac.new(base64.b64decode(KEY), signed.encode(), hashlib.sha256).digest()
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
    url = f"http://{HOST}:{port}/{ACCOUNT}/{BUCKET}?restype=container"
    LOCAL.open(urllib.request.Request(url, method="PUT", headers=headers), timeout=30).close()


class Stores(unittest.TestCase):
    """One application writes below all three roots; each test looks at another side of it."""

    answer: Dict[str, dict]

    @classmethod
    def setUpClass(cls) -> None:
        scratch = Path(tempfile.mkdtemp(prefix="forebay-stores-"))
        cls.addClassCleanup(shutil.rmtree, scratch, ignore_errors=True)
        with Children() as children:
            jar = build_jar(Terminal(), children)
            google, azure = free_ports(2)
            (scratch / "google" / BUCKET).mkdir(parents=True)
            start(children, [str(places.fake_gcs_server() / "fake-gcs-server"), "-scheme", "http", "-backend", "memory",
                             "-host", HOST, "-port", str(google), "-data", str(scratch / "google"), "-log-level", "warn"],
                  google, scratch / "google.log")
            script = places.azurite() / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
            start(children, [str(places.azurite() / "node"), str(script), "--blobHost", HOST, "--blobPort", str(azure), "--silent",
                             "--disableTelemetry", "--location", str(scratch)],
                  azure, scratch / "azure.log", AZURITE_ACCOUNTS=f"{ACCOUNT}:{KEY}")
            make_container(azure)
            cls.local = f"file://{scratch}/local"
            cls.answer = cls.submit(children, jar, scratch, google, azure)

    @classmethod
    def submit(cls, children: Children, jar: Path, scratch: Path, google: int, azure: int) -> Dict[str, dict]:
        alone = "io.forebay.hadoop.ForebayFileSystem"
        conf = {
            "spark.ui.enabled": "false", "spark.driver.host": HOST, "spark.driver.bindAddress": HOST,
            "spark.driver.memory": "1g", "spark.driver.extraClassPath": str(jar), "spark.sql.shuffle.partitions": "2",
            "spark.local.dir": str(scratch / "spark"), "spark.sql.catalogImplementation": "in-memory",
            "spark.hadoop.fs.gs.impl": alone, "spark.hadoop.fs.abfs.impl": alone,
            "spark.hadoop.fs.gs.storage.root.url": f"http://{HOST}:{google}", "spark.hadoop.fs.gs.auth.type": "UNAUTHENTICATED",
            "spark.hadoop.fs.azure.abfs.endpoint": f"{HOST}:{azure}", "spark.hadoop.fs.azure.always.use.https": "false",
            f"spark.hadoop.fs.azure.account.key.{AZURE_HOST}": KEY,
            "spark.hadoop.fs.forebay.cache.dirs": str(scratch), "spark.hadoop.fs.forebay.cache.size": "256MB",
        }
        home = next(places.venv().glob("lib/python3*/site-packages/pyspark"))
        command = [str(home / "bin" / "spark-submit"), "--master", "local[2]"]
        for name, value in conf.items():
            command += ["--conf", f"{name}={value}"]
        command += [str(Path(__file__).with_name("stores_job.py")), cls.local, GOOGLE, AZURE]
        kept = {name: value for name, value in os.environ.items() if not re.match(r"(SPARK_|PYSPARK_|HADOOP_|AWS_)", name)}
        python = str(places.venv() / "bin" / "python")
        child = children.start(command, {**kept, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": HOST, "PYSPARK_PYTHON": python,
                                         "PYSPARK_DRIVER_PYTHON": python},
                               cwd=scratch, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = child.communicate(timeout=GUARD_SECONDS)[0].decode("utf-8", "replace")
        children.end(child)
        for line in said.splitlines():
            if line.startswith("stores-answer "):
                return json.loads(line[len("stores-answer "):])
        raise AssertionError(f"the application ended with {child.returncode}:\n{said[-6000:]}")

    def test_rows_are_those_of_local_files(self) -> None:
        local = self.answer[self.local]
        self.assertEqual([4200, 20, 4200, 4200, 4200], [row[1] for row in local["rows"]], local)
        for root in (GOOGLE, AZURE):
            for name in ("rows", "again", "whole"):
                self.assertEqual(local[name], self.answer[root][name], f"{root}: {name}")

    def test_directories_and_files_are_those_of_local_files(self) -> None:
        for root in (GOOGLE, AZURE):
            self.assertEqual(self.answer[self.local]["files"], self.answer[root]["files"], root)

    def test_what_is_read_again_comes_from_the_cache(self) -> None:
        for root in (GOOGLE, AZURE):
            self.assertGreater(self.answer[root]["from_cache"], 0, root)


if __name__ == "__main__":
    unittest.main()
