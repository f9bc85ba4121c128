"""Runs the suites of one Hadoop version in one JVM, on one of three file systems.

The *arms* are stock S3A, the control, and Forebay over it with either kind of origin. What stock S3A skips
or fails the others may skip; nothing else. A JVM reads and writes below a folder of its own in one bucket of
one S3 server, which lives as long as the `Bench` does.
"""
from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Optional
from xml.sax.saxutils import escape

from hadoops import HERE, Hadoop

import places
from children import Children
from s3 import Bucket
from servers import HOST, Keys, Store

STOCK, DIRECT, DELEGATE, STANDALONE = "stock", "direct", "delegate", "standalone"
OVERLAID = (DIRECT, DELEGATE)
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

BUCKET = "forebay-contract"
# A JVM needs one or two minutes on two busy cores; one that hangs must end while a person still waits.
JVM_SECONDS = 15 * 60
LINTS = "-Xlint:all,-path,-classfile,-options,-processing"


class ArmFailed(Exception):
    """A JVM that did not tell all its outcomes, or whose reads went another way than its arm says."""


@dataclass
class Found:
    """Outcomes by suite and test, and Forebay's metrics at the end of the JVM."""

    log: Path
    outcomes: Dict[str, Dict[str, str]] = field(default_factory=dict)
    metrics: Dict[str, int] = field(default_factory=dict)
    complete: bool = False

    def read(self, line: str) -> None:
        kind, *fields = line.split("\t")
        if kind == "test":
            suite, name, outcome = fields
            self.outcomes.setdefault(suite, {})[name] = outcome
        elif kind == "metric":
            self.metrics[fields[0]] = int(fields[1])
        elif kind == "end":
            self.complete = True

    def those(self, suite: str, outcome: str) -> List[str]:
        return sorted(name for name, was in self.outcomes.get(suite, {}).items() if was == outcome)

    def check(self, arm: str) -> None:
        """Raises unless the outcomes are all there and the bytes came the way that the arm says."""
        if not self.complete:
            raise ArmFailed(f"the JVM ended before its suites did; see {self.log}")
        own, read = self.metrics.get("origin.requests", 0), self.metrics.get("read.bytes.origin", 0)
        right = {STOCK: not self.metrics, DIRECT: own > 0 and read > 0, DELEGATE: own == 0 and read > 0,
                 STANDALONE: own > 0 and read > 0}
        if not right[arm]:
            raise ArmFailed(f"the reads of arm {arm} went another way: {own} requests by Forebay's own client, "
                            f"{read} bytes read through it; see {self.log}")


class StoreHere(Store):
    """The demo's S3 server over a fresh folder instead of the kept one with TPC-H in it."""

    def _claim(self, kept: Path) -> Path:
        folder = self.scratch / "store"
        folder.mkdir(parents=True)
        return folder


class Bench:
    """The S3 server, the compiled suites and the jar under test: whatever several JVMs share."""

    def __init__(self, children: Children, jar: Path, scratch: Path):
        scratch.parent.mkdir(parents=True, exist_ok=True)
        self._lock = open(scratch.with_name(scratch.name + ".lock"), "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArmFailed(f"another run is using {scratch}: wait for it to end") from None
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        self.children, self.scratch, self.keys = children, scratch, Keys()
        # A copy: a build that replaces the jar half way must not reach the JVMs that have it open.
        self.jar = Path(shutil.copy2(jar, scratch))
        self._store = StoreHere(children, self.keys, "0.01", scratch, scratch)
        self._store.start()
        self._create(BUCKET)
        self._compiled: Dict[str, Path] = {}

    def _create(self, name: str) -> None:
        bucket = Bucket(HOST, self._store.port, name, self.keys.access, self.keys.secret)
        bucket.create()
        bucket.close()

    def compiled(self, hadoop: Hadoop) -> Path:
        """The suites' classes, compiled against this very version, for the oldest JVM that runs it."""
        if hadoop.version not in self._compiled:
            classes = self.scratch / f"classes-{hadoop.version}"
            lacking = [f"{suite}Contract.java" for suite in hadoop.lacks]
            sources = [str(file) for folder in ("java", hadoop.junit) for file in sorted(HERE.glob(f"{folder}/**/*.java"))
                       if file.name not in lacking]
            done = subprocess.run(["javac", "--release", hadoop.release, LINTS, "-Werror", "-d", str(classes), "-cp",
                                   class_path([self.jar, *hadoop.class_path()]), *sources], capture_output=True, text=True)
            if done.returncode != 0:
                raise ArmFailed(f"the suites don't compile against Hadoop {hadoop.version}:\n{done.stderr}")
            self._compiled[hadoop.version] = classes
        return self._compiled[hadoop.version]

    def run(self, hadoop: Hadoop, arm: str, java: str = "java",
            tell: Callable[[str], None] = lambda line: None, suites: Optional[List[str]] = None,
            own_bucket: bool = False) -> Found:
        """Runs suites (all that read) in a JVM; raises ArmFailed if they can't be judged.

        With `own_bucket` the JVM gets a bucket that it may empty, and the root's tests are on.
        """
        name = f"{hadoop.version}-{arm}"
        place = self.scratch / name
        shutil.rmtree(place, ignore_errors=True)
        for folder in ("conf/contract", "tmp"):
            (place / folder).mkdir(parents=True)
        # The parent of Forebay's cache directory must belong to the user alone.
        (place / "cache").mkdir(mode=0o700)
        settings = self._settings(name, arm, place)
        if own_bucket:
            bucket = f"forebay-contract-own-{name.replace('.', '-')}"
            self._create(bucket)
            settings.update({"fs.contract.test.fs.s3a": f"s3a://{bucket}",
                             "fs.contract.test.root-tests-enabled": "true"})
        (place / "conf/contract/arm.xml").write_text(configuration(settings), encoding="utf-8")
        jars = hadoop.class_path_without_s3a() if arm == STANDALONE else hadoop.class_path()
        command = [java, "-Xverify:all", "-Xmx1g", f"-Djava.io.tmpdir={place / 'tmp'}", "-cp",
                   class_path([place / "conf", HERE / "resources", self.compiled(hadoop), self.jar, *jars]),
                   "io.forebay.contract.ContractRun", *(suites or hadoop.suites)]
        found = Found(place / "log.txt")
        self._listen(command, place, found, tell)
        found.check(arm)
        return found

    def _settings(self, name: str, arm: str, place: Path) -> Dict[str, str]:
        settings = {
            "fs.contract.test.fs.s3a": f"s3a://{BUCKET}",
            "contract.scratch": name,
            "contract.overlaid": str(arm != STOCK).lower(),
            "hadoop.tmp.dir": str(place / "tmp"),
            "fs.s3a.endpoint": f"http://{HOST}:{self._store.port}",
            "fs.s3a.endpoint.region": "us-east-1",
            "fs.s3a.path.style.access": "true",
            "fs.s3a.connection.ssl.enabled": "false",
            # The stream that Forebay lies over; 3.4.3 would take another by default.
            "fs.s3a.input.stream.type": "classic",
        }
        if arm in OVERLAID:
            settings.update({"fs.s3a.impl": "io.forebay.hadoop.s3a.ForebayS3AFileSystem", "fs.forebay.origin": arm})
        elif arm == STANDALONE:
            settings.update({"fs.s3a.impl": "io.forebay.hadoop.ForebayFileSystem"})
        if arm != STOCK:
            settings.update({"fs.forebay.cache.dirs": str(place / "cache"), "fs.forebay.cache.size": "1GB",
                             "fs.forebay.native.dir": str(place / "tmp")})
        return settings

    def _listen(self, command: List[str], place: Path, found: Found, tell: Callable[[str], None]) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment.update(self.keys.environment())
        with open(found.log, "wb") as log:
            child = self.children.start(command, environment, cwd=place, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=log)
        watch = threading.Timer(JVM_SECONDS, child.kill)
        watch.start()
        try:
            for line in child.stdout:
                text = line.decode("utf-8", "replace").rstrip("\n")
                found.read(text)
                tell(text)
            child.wait()
        finally:
            watch.cancel()
            self.children.end(child)


def class_path(entries: List[Path]) -> str:
    return os.pathsep.join(str(entry) for entry in entries)


def configuration(settings: Dict[str, str]) -> str:
    rows = "".join(f"  <property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
                   for name, value in settings.items())
    return f'<?xml version="1.0"?>\n<configuration>\n{rows}</configuration>\n'


def jar_under_test() -> Path:
    """Builds the jar if its sources are newer, and names it."""
    done = subprocess.run(["make", "--no-print-directory", "jar"], cwd=places.CLONE, stdin=subprocess.DEVNULL,
                          stdout=sys.stderr)
    found = sorted((places.CLONE / "java/forebay-hadoop/build/libs").glob("forebay-*.jar"))
    if done.returncode != 0 or len(found) != 1:
        raise ArmFailed(f"`make jar` ended with {done.returncode} and {len(found)} jars in java/forebay-hadoop/build/libs")
    return found[0]
