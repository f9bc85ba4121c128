"""One JDBC session with a HiveServer2: statements go in as text, rows come back."""
from __future__ import annotations

import decimal
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, List

from children import Children
from hive.server import MARK, HiveServer
from hive.versions import java_tool, jvm_options


class StatementFailed(Exception):
    """Hive refused a statement or failed while it ran; the message holds both."""


@dataclass(frozen=True)
class Rows:
    """A statement's answer; without columns where it has none."""

    seconds: float
    columns: List[str]
    rows: List[List[Any]]


class Session:
    """Opens with its `with` block and closes with it."""

    def __init__(self, children: Children, server: HiveServer, logs: Path):
        self.children, self.server = children, server
        self.log = logs / f"session-{server.setting.key}.log"
        self.product = "?"

    def __enter__(self) -> "Session":
        path = f"{self.server.classes}:{self.server.setting.version.jars}/*"
        command = [java_tool("java"), *jvm_options(self.server.folder / "tmp"), "-Xmx256m", "-cp", path,
                   "io.forebay.demo.hive.Session", self.server.url]
        with open(self.log, "ab") as log:
            self._process = self.children.start(command, cwd=self.server.folder, stdin=subprocess.PIPE,
                                                stdout=subprocess.PIPE, stderr=log)
        self.product = self._answer("connect")["product"]
        return self

    def __exit__(self, *_) -> None:
        self.children.end(self._process)

    def run(self, sql: str) -> Rows:
        line = " ".join(sql.split())
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer(line)
        if "error" in answer:
            raise StatementFailed(f"{answer['error']}\nwhile it ran: {line}\nsee {self.server.log}")
        return Rows(answer["seconds"], answer["columns"], answer["rows"])

    def _answer(self, asked: str) -> dict:
        for line in self._process.stdout:
            text = line.decode("utf-8", "replace")
            if text.startswith(MARK):
                return json.loads(text[len(MARK):], object_hook=_decimal)
        raise StatementFailed(f"the JDBC session ended while it ran: {asked}\nsee {self.log} and {self.server.log}")


def _decimal(found: dict) -> Any:
    return decimal.Decimal(found["decimal"]) if found.keys() == {"decimal"} else found
