"""The passes of one server: the first day, then its scans once more; counted at the proxy."""
from __future__ import annotations

import time
import urllib.parse
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import List

import counts
import job
from children import Children
from hive import workload
from hive.films import Size
from hive.server import HiveServer, Setting
from hive.session import Session
from hive.stage import Stage, root_of
from hive.workload import Statement
from passes import Pass
from results import digest, unequal
from terminal import Terminal, size

# Starts Tez within the server and warms its JVM up, over no table of the store.
WARM_UP = "select count(*), sum(x) from (select explode(array(1, 2, 3)) as x) t"


class WrongAnswer(Exception):
    """An answer that isn't the known one, or a plan that isn't what it is to be."""


@dataclass(frozen=True)
class Round:
    """Statements that are timed and counted together."""

    shown: Pass
    statements: List[Statement]


def rounds(amount: Size, forebay: bool) -> List[Round]:
    day, scans = workload.first_day(amount), workload.scans(amount)
    if forebay:
        return [Round(Pass("cold", "Forebay cold: first day", "forebay", "cold"), day),
                Round(Pass("warm", "Forebay warm: its scans", "forebay", "warm"), scans)]
    return [Round(Pass("s3a", "stock S3A: first day", "s3a", "none"), day),
            Round(Pass("s3a-scans", "stock S3A: its scans", "s3a", "none"), scans)]


def run_server(setting: Setting, amount: Size, stage: Stage, terminal: Terminal, children: Children, scratch: Path) -> List[dict]:
    """Starts a server, runs its rounds, ends it; returns them as they stand in the report."""
    root, logs = root_of(setting.key), scratch / "logs"
    through = "Forebay" if setting.jar else "stock S3A"
    with ExitStack() as open_now:
        with terminal.step(f"starting HiveServer2 {setting.version.number} on {through}, and Tez within it"):
            server = open_now.enter_context(HiveServer(children, setting, scratch, logs))
            session = open_now.enter_context(Session(children, server, logs))
            session.run(WARM_UP)
        ended = [shown(one, session, server, root, stage.proxy.control, terminal)
                 for one in rounds(amount, forebay=setting.jar is not None)]
        check_vectorised(session)
        farewell(session, root)
    return ended


def shown(one: Round, session: Session, server: HiveServer, root: str, control: str, terminal: Terminal) -> dict:
    """Runs one round as a step that names the statement it is at."""
    progress = Progress(terminal, len(one.statements))
    with terminal.step(f"{one.shown.name}, {len(one.statements)} statements", progress.place) as step:
        ended = run(one, session, server, root, control, progress)
        step.note = f"{ended['requests']['GET']} GETs of table data, {size(ended['proxy_bytes'])}"
    return ended


class Progress:
    """Which statement a round is at: in the step's line on a terminal, else a line for each that ended."""

    def __init__(self, terminal: Terminal, count: int):
        self.terminal, self.count = terminal, count
        self.done, self.name = 0, ""

    def place(self) -> str:
        return f"{self.done + 1}/{self.count} {self.name}"

    def begins(self, statement: Statement) -> None:
        self.name = statement.name

    def ended(self, found: dict) -> None:
        self.done += 1
        if not self.terminal.live:
            rows = f", {found['rows']} rows" if found["rows"] else ""
            self.terminal.say(f"    {found['name']}: {found['seconds']:.2f} s{rows}")


def run(one: Round, session: Session, server: HiveServer, root: str, control: str, progress: Progress) -> dict:
    """Runs one round; returns it as it stands in the report."""
    ours = one.shown.filesystem == "forebay"
    job.ask(control, f"/reset?pass={urllib.parse.quote(one.shown.key)}", method="POST")
    before = server.counters() if ours else {}
    began, worked = time.monotonic(), server.cpu_seconds()
    answers = []
    for statement in one.statements:
        progress.begins(statement)
        answers.append(answer(statement, session, root))
        progress.ended(answers[-1])
    seconds, worked = time.monotonic() - began, server.cpu_seconds() - worked
    stats = job.settled(control)
    after = server.counters() if ours else {}
    ended = {"seconds": seconds, "queries": answers, "stats": stats, "peak_rss": job.peak_rss(server.pid),
             "counters": {name: after[name] - before.get(name, 0) for name in after}}
    return {**counts.as_pass(one.shown, ended, f"Hive {session.product}"), "cpu_seconds": round(worked, 2)}


def answer(statement: Statement, session: Session, root: str) -> dict:
    found = session.run(statement.text(root))
    if statement.count is not None and (not found.rows or found.rows[0][0] != statement.count):
        raise WrongAnswer(f"{statement.name}: the answer is {found.rows[:3]}, and its first field is to be {statement.count}"
                          f"\nasked: {statement.text(root)}\nsee {session.server.log}")
    return {"name": statement.name, "seconds": found.seconds, "rows": len(found.rows),
            "hash": digest(found.columns, found.rows)}


def check_vectorised(session: Session) -> None:
    """The join is to run vectorised, or it would not read as production does."""
    plan = "\n".join(str(row[0]) for row in session.run(workload.VECTORISED.sql).rows)
    if "Execution mode: vectorized" not in plan:
        raise WrongAnswer(f"the join isn't vectorised:\n{plan}")


def farewell(session: Session, root: str) -> None:
    """Drops the database and all that is in it; external tables' files stay."""
    for statement in workload.farewell():
        found = session.run(statement.text(root))
    if [workload.DATABASE] in found.rows:
        raise WrongAnswer(f"the database {workload.DATABASE} is still there after it was dropped")


# Forebay's rounds, each with the round of stock S3A that asked the same.
REFERENCE = {"cold": "s3a", "warm": "s3a-scans"}


def pairs(ended: List[dict]) -> List[List[dict]]:
    """Stock S3A's round and Forebay's of the same statements, side by side."""
    by_key = {one["key"]: one for one in ended}
    return [[by_key[stock], by_key[ours]] for ours, stock in REFERENCE.items()]


def judge(ended: List[dict]) -> bool:
    """Compares what Forebay's rounds answered with what the same rounds of stock S3A did."""
    by_key = {one["key"]: one for one in ended}
    for one in ended:
        one["unequal_queries"] = unequal(by_key[REFERENCE.get(one["key"], one["key"])]["queries"], one["queries"])
        one["equal"] = not one["unequal_queries"]
    return all(one["equal"] for one in ended)
