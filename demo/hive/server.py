"""A HiveServer2 in a process of its own, with its metastore and Tez in it."""
from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional

from children import Children
from hive.site import Site
from hive.stage import root_of
from hive.versions import Version, java_tool, jvm_options
from servers import HOST, free_ports

MARK = "forebay-hive "
# Twelve seconds on an idle machine; two minutes were seen on a very busy one.
START_SECONDS = 300
# How a JVM ends that was asked to by SIGTERM, or whose main thread saw the end of its input.
ORDERLY = (0, 1, 143)
OVERLAY = "io.forebay.hadoop.s3a.ForebayS3AFileSystem"


class ServerEnded(Exception):
    """HiveServer2 did not come up, or ended badly; the message names its log."""


@dataclass(frozen=True)
class Setting:
    """What one server runs on: which Hive, through what, over which store."""

    key: str
    version: Version
    endpoint: str
    environment: Dict[str, str]
    # Forebay's jar on the plain class path, and the property that puts it to use; None is stock S3A.
    jar: Optional[Path] = None
    extra: Dict[str, str] = field(default_factory=dict)
    # Where managed tables go; None is the bucket, below the key.
    warehouse: Optional[str] = None

    @property
    def properties(self) -> Dict[str, str]:
        return {"fs.s3a.impl": OVERLAY, **self.extra} if self.jar else self.extra


class HiveServer:
    """Starts with its `with` block and ends with it."""

    def __init__(self, children: Children, setting: Setting, scratch: Path, logs: Path):
        self.children, self.setting = children, setting
        self.folder = scratch / setting.key
        self.log = logs / f"hive-{setting.key}.log"
        self.classes = scratch / "classes"
        self.port = 0

    def __enter__(self) -> "HiveServer":
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.port,) = free_ports(1)
        setting = self.setting
        tables = setting.warehouse or f"{root_of(setting.key)}/warehouse"
        conf = Site(self.folder, self.port, setting.endpoint, tables, setting.properties).write()
        with open(self.log, "ab") as log:
            self._process = self.children.start(self._command(conf), environment=self._environment(), cwd=self.folder,
                                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self._await_port()
        return self

    def __exit__(self, kind, *_) -> None:
        self.children.end(self._process)
        left = list(self.folder.glob("tmp/hs_err_*.log"))
        if kind is None and (left or self._process.returncode not in ORDERLY):
            raise ServerEnded(f"HiveServer2 ended with {self._process.returncode}, {left or 'no crash file'}; see {self.log}")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return f"jdbc:hive2://{HOST}:{self.port}/default"

    def cpu_seconds(self) -> float:
        """What the server has computed so far, of all its threads; waiting and neighbours don't count."""
        # The name in parentheses may hold spaces; user and system time are fields 14 and 15.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def counters(self) -> Dict[str, int]:
        """Forebay's counters in the server's process."""
        return self._asked("counters")

    def collected(self) -> Dict[str, int]:
        """Its counters after a collection of the heap's garbage."""
        return self._asked("collect")

    def _asked(self, what: str) -> Dict[str, int]:
        self._process.stdin.write(f"{what}\n".encode())
        self._process.stdin.flush()
        for line in self._process.stdout:
            text = line.decode("utf-8", "replace")
            if text.startswith(MARK):
                return json.loads(text[len(MARK):])
        raise ServerEnded(f"HiveServer2 ended before it told its counters; see {self.log}")

    def _command(self, conf: Path) -> List[str]:
        # Our classes first: some replace Hive's own.
        jars = sorted(self.setting.version.jars.glob("*.jar"))
        path = [str(one) for one in (conf, self.classes, *([self.setting.jar] if self.setting.jar else []), *jars)]
        command = [java_tool("java"), *jvm_options(self.folder / "tmp"), "-Xmx2g",
                   f"-Dderby.stream.error.file={self.folder / 'tmp' / 'derby.log'}"]
        if self.setting.version.casts:
            return [*command, f"-Dforebay.demo.path={':'.join(path)}", "-cp", str(self.classes), "io.forebay.demo.hive.Server"]
        return [*command, "-cp", ":".join(path), "io.forebay.demo.hive.Server"]

    def _environment(self) -> Dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not re.match(r"(HIVE_|HADOOP_|TEZ_|AWS_)", name)}
        return {**kept, **self.setting.environment, "TMPDIR": str(self.folder / "tmp")}

    def _await_port(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.2)
        self.children.end(self._process)
        raise ServerEnded(f"HiveServer2 {self.setting.version.number} did not open its port; the end of {self.log}:\n"
                          + "\n".join(self.log.read_text(errors="replace").splitlines()[-25:]))
