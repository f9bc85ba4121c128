"""The two generations of Hive, where their jars lie, and how they are started on a JDK 17.

Maven Central has no tarball of Hive, so Gradle puts HiveServer2, Tez and Hadoop together from their jars
(jars/build.gradle). Our own few Java classes are compiled at each run: it takes a second.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import List

import places
from children import Children

HERE = Path(__file__).resolve().parent
# What Hive, Tez, Hadoop and their libraries reach into by reflection.
OPENED = ("java.lang", "java.lang.reflect", "java.net", "java.nio", "java.util", "java.util.concurrent",
          "java.util.concurrent.atomic", "java.util.regex", "java.time", "java.io", "sun.nio.ch")


class HiveNotReady(Exception):
    """Jars or classes could not be had; the message names a log or shows the compiler's words."""


@dataclass(frozen=True)
class Version:
    """One Hive; `casts` is one that casts its class loader to URLClassLoader and needs classes of java-3."""

    number: str
    tez: str
    casts: bool

    @property
    def jars(self) -> Path:
        return places.user_cache() / "jars" / f"hive-{self.number}"


HADOOP = "3.3.6"
USUAL = "4.0.1"
ALL = {version.number: version for version in (Version("4.0.1", "0.10.4", False), Version("3.1.3", "0.10.2", True))}


def fetch(version: Version, children: Children) -> None:
    """Makes the folder of jars beside its place and renames it: it is either absent or complete."""
    if version.jars.is_dir():
        return
    version.jars.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{version.jars.name}.", dir=version.jars.parent))
    log = places.user_cache() / "logs" / f"setup-hive-{version.number}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = ["gradle", "--no-daemon", "-q", "-p", str(HERE / "jars"), "--project-cache-dir", str(temporary / "state"), "fetch",
               f"-Phive={version.number}", f"-Ptez={version.tez}", f"-Phadoop={HADOOP}", f"-Pinto={temporary / 'jars'}"]
    try:
        with open(log, "wb") as output:
            child = children.start(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            code = child.wait()
            children.end(child)
        if code != 0:
            raise HiveNotReady(f"gradle ended with {code} while it fetched Hive {version.number}; the end of {log}:\n"
                               + "\n".join(log.read_text(errors="replace").splitlines()[-20:]))
        (temporary / "jars").rename(version.jars)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def compile_classes(version: Version, into: Path) -> None:
    """Our own classes, with those that replace classes of a Hive that needs it."""
    sources = [*(HERE / "java").rglob("*.java"), *((HERE / "java-3").rglob("*.java") if version.casts else [])]
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    command = [java_tool("javac"), "-proc:none", "-encoding", "UTF-8", "-d", str(into), "-cp", f"{version.jars}/*"]
    done = subprocess.run(command + [str(source) for source in sorted(sources)], capture_output=True, text=True)
    if done.returncode != 0:
        raise HiveNotReady(f"javac ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def java_tool(name: str) -> str:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / name) if home else name


def jvm_options(scratch: Path) -> List[str]:
    opened = [option for package in OPENED for option in ("--add-opens", f"java.base/{package}=ALL-UNNAMED")]
    # No perf data file, since a killed JVM would leave it in /tmp.
    return [*opened, "--add-opens", "java.sql/java.sql=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:-UsePerfData",
            f"-Djava.io.tmpdir={scratch}", f"-XX:ErrorFile={scratch}/hs_err_%p.log"]
