"""One Spark application that does what it is told: a command is a line of JSON on standard input, so is its answer.

Runs inside the application; `application.py` is the other side. Every answer is a digest of all rows (results.py), so
that two applications agree only if every row does. What fails is answered by the class of its exception, since two
file systems may word one failure differently.
"""
from __future__ import annotations

import json
import sys

from pyspark.sql import SparkSession

from files import FILES, committer, folders
from results import digest

EVENT = "forebay-writers "
METRICS_CLASS = "io.forebay.hadoop.ForebayMetrics"


def main() -> None:
    session = SparkSession.builder.getOrCreate()
    tell({"spark": session.version})
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "end":
            break
        try:
            tell(COMMANDS[command["do"]](session, command))
        except Exception as failure:
            tell({"failed": failure_class(failure), "why": str(failure)[:2000]})
    session.stop()


def tell(answer: dict) -> None:
    sys.stdout.write(EVENT + json.dumps(answer) + "\n")
    sys.stdout.flush()


def failure_class(failure: Exception) -> str:
    java = getattr(failure, "java_exception", None)
    return java.getClass().getName() if java is not None else type(failure).__name__


def sql(session, command: dict) -> dict:
    session.sql(filled(session, command)).collect()
    return {}


def ask(session, command: dict) -> dict:
    """`REFRESH`-free: each question lists and plans anew, as another statement of a user does."""
    frame = session.sql(filled(session, command))
    rows = frame.collect()
    return {"rows": len(rows), "hash": digest(frame.columns, rows), "first": str(rows[:3])}


def filled(session, command: dict) -> str:
    """The text, with {snapshot:N} as the identity of the N-th snapshot of an Iceberg table."""
    text = command["text"]
    if command.get("snapshots"):
        found = session.sql(f"SELECT snapshot_id FROM {command['snapshots']}.snapshots ORDER BY committed_at").collect()
        for number, row in enumerate(found):
            text = text.replace(f"{{snapshot:{number}}}", str(row[0]))
    return text


def write(session, command: dict) -> dict:
    writer = session.sql(command["text"]).write.mode(command["mode"]).format(command["format"])
    for name, value in command.get("options", {}).items():
        writer = writer.option(name, value)
    if command.get("by"):
        writer = writer.partitionBy(*command["by"])
    writer.save(command["path"])
    return {}


def conf(session, command: dict) -> dict:
    for name, value in command["values"].items():
        if value is None:
            session.conf.unset(name)
        else:
            session.conf.set(name, value)
    return {}


def file(session, command: dict) -> dict:
    return FILES[command["how"]](session, command)


def success(session, command: dict) -> dict:
    return {"committer": committer(session, command["path"])}


def layout(session, command: dict) -> dict:
    return {"folders": folders(session, command["path"])}


def counters(session, _command: dict) -> dict:
    package = session._jvm
    for part in METRICS_CLASS.split("."):
        package = getattr(package, part)
    return {"counters": {str(name): int(value) for name, value in dict(package.snapshot()).items()}}


COMMANDS = {"sql": sql, "ask": ask, "write": write, "conf": conf, "file": file, "success": success, "layout": layout, "counters": counters}

if __name__ == "__main__":
    main()
