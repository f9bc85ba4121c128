"""The passes of one server: the first day, then its scans once more; counted at the proxy."""
from __future__ import annotations

import time
import urllib.parse
from dataclasses import dataclass
from typing import Callable, List

import counts
import job
from hive import workload
from hive.films import Size
from hive.server import HiveServer
from hive.session import Session
from hive.workload import Statement
from passes import Pass
from results import digest

# Starts Tez within the server and warms its JVM up, over no table of the store.
WARM_UP = "select count(*), sum(x) from (select explode(array(1, 2, 3)) as x) t"


class WrongAnswer(Exception):
    """An answer that isn't the known one, or a plan that isn't what it is to be."""


@dataclass(frozen=True)
class Round:
    """Statements that are timed and counted together."""

    shown: Pass
    statements: List[Statement]


def rounds(size: Size, forebay: bool) -> List[Round]:
    day, scans = workload.first_day(size), workload.scans(size)
    if forebay:
        return [Round(Pass("cold", "Forebay cold: first day", "forebay", "cold"), day),
                Round(Pass("warm", "Forebay warm: its scans", "forebay", "warm"), scans)]
    return [Round(Pass("s3a", "stock S3A: first day", "s3a", "none"), day),
            Round(Pass("s3a-scans", "stock S3A: its scans", "s3a", "none"), scans)]


def run(one: Round, session: Session, server: HiveServer, root: str, control: str, hear: Callable[[Statement], None]) -> dict:
    """Runs one round; returns it as it stands in the report."""
    ours = one.shown.filesystem == "forebay"
    job.ask(control, f"/reset?pass={urllib.parse.quote(one.shown.key)}", method="POST")
    before = server.counters() if ours else {}
    began = time.monotonic()
    answers = []
    for statement in one.statements:
        hear(statement)
        answers.append(answer(statement, session, root))
    seconds = time.monotonic() - began
    stats = job.settled(control)
    after = server.counters() if ours else {}
    ended = {"seconds": seconds, "queries": answers, "stats": stats, "peak_rss": job.peak_rss(server.pid),
             "counters": {name: after[name] - before.get(name, 0) for name in after}}
    return counts.as_pass(one.shown, ended, f"Hive {session.product}")


def answer(statement: Statement, session: Session, root: str) -> dict:
    found = session.run(statement.text(root))
    if statement.count is not None and (not found.rows or found.rows[0][0] != statement.count):
        raise WrongAnswer(f"{statement.name}: the answer is {found.rows[:3]}, and its first field is to be {statement.count}"
                          f"\nasked: {statement.text(root)}\nsee {session.server.log}")
    return {"name": statement.name, "seconds": found.seconds, "rows": len(found.rows),
            "hash": digest(found.columns, found.rows)}


def warm_up(session: Session) -> None:
    session.run(WARM_UP)


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
