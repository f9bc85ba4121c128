"""What the tests of whole processes share: a store, a proxy that can be slow, and JVMs that use the jar as users do.

The store is SeaweedFS over a fresh folder, so that no other run is in the way. It holds one object whose byte at
each position is known to both sides (`content` here, `Lake.at` there).
"""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import threading
import urllib.request
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import places
from children import Children
from run import build_jar, build_proxy
from s3 import Bucket
from servers import HOST, LOCAL, Keys, Proxy, Store
from terminal import Terminal

HERE = Path(__file__).resolve().parent
KEY = "process/object.bin"
PATH = f"s3a://{places.BUCKET}/{KEY}"
LENGTH = 48 << 20
# A guard against hanging for ever, not a measure of anything.
GUARD_SECONDS = 300


class FreshStore(Store):
    """A store whose files go with the test."""

    def _claim(self, kept: Path) -> Path:
        fresh = self.scratch / "store"
        fresh.mkdir(parents=True)
        return fresh


class Stage:
    """Everything that is started once for all tests of a file."""

    def __init__(self) -> None:
        terminal = Terminal()
        self.scratch = Path(tempfile.mkdtemp(prefix="forebay-process-"))
        self.children = Children()
        self.children.__enter__()
        self._caches = 0
        self._bucket: Optional[Bucket] = None
        try:
            build_proxy(terminal, self.children)
            self.jar = build_jar(terminal, self.children)
            self._compile()
            self.keys = Keys()
            self._store = FreshStore(self.children, self.keys, "0.01", self.scratch, self.scratch)
            self._store.start()
            bucket = Bucket(HOST, self._store.port, places.BUCKET, self.keys.access, self.keys.secret)
            self._bucket = bucket
            bucket.create()
            bucket.put(KEY, content())
            binary = places.cargo_target() / "release" / "forebay-proxy"
            self.proxy = Proxy(self.children, binary, self._store.port, self.scratch, "none")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._bucket:
            self._bucket.close()
        self.children.__exit__()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def shape(self, **shape: int) -> None:
        """Makes the store slow: first_byte_ms, mb_per_s; nothing makes it fast again."""
        body = json.dumps(shape).encode()
        with LOCAL.open(urllib.request.Request(self.proxy.control + "/shape", data=body, method="POST"), timeout=30):
            pass

    def put(self, key: str, body: bytes) -> str:
        """Brings an object to the bucket; returns its path."""
        assert self._bucket
        self._bucket.put(key, body)
        return f"s3a://{places.BUCKET}/{key}"

    def class_path(self, *jars: Path) -> str:
        """The tests' classes, `jars` (that under test where none are named), Hadoop and Spark."""
        return ":".join(map(str, [self.classes, *(jars or [self.jar]), *places.jars().glob("*.jar"), *spark_jars()]))

    def fresh_cache(self) -> Path:
        self._caches += 1
        cache = self.scratch / f"cache-{self._caches}"
        cache.mkdir(mode=0o700)
        return cache

    def jvm(self, main: str, origin: str, *more: str, options: Sequence[str] = (), cache: Optional[Path] = None,
            busy: int = 0, class_path: Optional[str] = None, within: Sequence[str] = (),
            environment: Optional[Dict[str, str]] = None) -> "Jvm":
        """Starts a main class with a cache of its own, which is meant to work for `busy` seconds.

        `within` is a command that runs the JVM's, such as one that mounts something first.
        """
        command = [*within, "java", "-Xmx512m", f"-Djava.io.tmpdir={self.scratch}", "-XX:-UsePerfData",
                   f"-Dlog4j2.configurationFile={(places.DEMO / 'log4j2.properties').as_uri()}", *options,
                   "-cp", class_path or self.class_path(), main,
                   self.proxy.endpoint, str(cache or self.fresh_cache()), origin, PATH, *more]
        environment = {**os.environ, **self.keys.environment(), **(environment or {})}
        return Jvm(self.children, command, environment, self.scratch / "stderr.log", GUARD_SECONDS + busy)

    def _compile(self) -> None:
        classes = self.scratch / "classes"
        classes.mkdir()
        self.classes = classes
        subprocess.run(["javac", "-nowarn", "-cp", self.class_path(), "-d", str(classes),
                        *map(str, sorted((HERE / "java").glob("*.java")))], check=True)


def spark_home() -> Path:
    return next(places.venv().glob("lib/python3*/site-packages/pyspark"))


def spark_jars() -> List[Path]:
    return sorted((spark_home() / "jars").glob("*.jar"))


class Jvm:
    """A running JVM whose standard output is read line by line; its errors go to a file."""

    def __init__(self, children: Children, command: List[str], environment: Dict[str, str], errors: Path, guard: int):
        self._children, self.errors = children, errors
        with open(errors, "wb") as log:
            self.process = children.start(command, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                          stderr=log)
        self._guard = threading.Timer(guard, self.process.kill)
        self._guard.start()

    def __enter__(self) -> "Jvm":
        return self

    def __exit__(self, *_) -> None:
        self._guard.cancel()
        self._children.end(self.process)

    def lines_until(self, last: Optional[str] = None) -> List[str]:
        """The output up to its end, or up to a line that equals `last`."""
        lines = []
        for raw in self.process.stdout:
            lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
            if lines[-1] == last:
                break
        return lines

    def explain(self, lines: List[str]) -> str:
        said = self.errors.read_text(errors="replace").splitlines()
        return "\n".join([*lines, "--- standard error ---", *said[-40:]])


def content() -> bytes:
    """The object's bytes: the same rule as `Lake.at`."""
    return b"".join(_kilobyte((31 * (block << 10) + block) & 0xFF, block >> 10 & 0xFF) for block in range(LENGTH >> 10))


@lru_cache(maxsize=None)
def _kilobyte(first: int, high: int) -> bytes:
    return bytes(((first + 31 * i) & 0xFF) ^ high for i in range(1 << 10))
