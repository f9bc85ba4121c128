#!/usr/bin/env python3
"""Random writes to Delta and Iceberg tables by one application, read by another: never a stale row, never a failed read.

    tests/writers/rounds.py [--rounds 200] [--seed 1] [--engine 3.5,4.1] [--format delta,iceberg] [--origin direct] [--save]

`make test-tables` runs this. In each round one application overwrites one of the tables, appends to it, deletes from it,
or compacts it, all by lot; the other, which shares its cache directory, must then read what a model in this process says, row by row. In every other round,
roughly, it also reads while the write is under way, and must see the table as it was before or as it is after.
Everything drawn comes from the seed: the same seed is the same run. Ends with 0 only if no read was wrong.
"""
from __future__ import annotations

import argparse
import json
import random
import sys
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Dict, List

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
CLONE = HERE.parent.parent
sys.path[:0] = [str(HERE), str(CLONE / "demo"), str(CLONE / "scripts"), str(CLONE / "bench")]

from application import Application, ApplicationEnded  # noqa: E402
from stage import Stage  # noqa: E402

import figures  # noqa: E402
import places  # noqa: E402
import setup  # noqa: E402
import sparks  # noqa: E402
from children import Children, Interrupted  # noqa: E402
from results import digest  # noqa: E402
from run import BuildFailed  # noqa: E402
from servers import ServerFailed  # noqa: E402
from terminal import Terminal  # noqa: E402

FORMATS = ("delta", "iceberg")
KEPT = CLONE / "tests" / "results"
# The values of a row stay below this prime, so that each tells id and round.
PRIME = 1_000_003


class Table:
    """A table of one format, and the model of what it holds."""

    def __init__(self, form: str, place: str):
        self.form = form
        self.name = f"delta.`{place}/table`" if form == "delta" else "ice.db.t"
        self.rows: Dict[int, int] = {}
        self.question = {"do": "ask", "text": f"SELECT id, value FROM {self.name}"}

    def create(self) -> str:
        return f"CREATE TABLE {self.name} (id BIGINT, value BIGINT) USING {self.form}"

    def change(self, number: int, luck: random.Random) -> "Change":
        """Draws the change of one round and applies it to the model."""
        kind = luck.choices(("overwrite", "append", "delete", "compact"), (25, 35, 25, 15))[0] if self.rows else "append"
        return getattr(self, kind)(number, luck)

    def overwrite(self, number: int, luck: random.Random) -> "Change":
        start, count = luck.randrange(1000), luck.randrange(1, 400)
        self.rows = fresh(number, start, count)
        return Change("overwrite", [f"INSERT OVERWRITE {self.name} {range_of(number, start, count)}"])

    def append(self, number: int, luck: random.Random) -> "Change":
        start, count = max(self.rows, default=0) + 1, luck.randrange(1, 200)
        self.rows.update(fresh(number, start, count))
        return Change("append", [f"INSERT INTO {self.name} {range_of(number, start, count)}"])

    def delete(self, _number: int, luck: random.Random) -> "Change":
        divisor = luck.randrange(2, 9)
        rest = luck.randrange(divisor)
        self.rows = {key: value for key, value in self.rows.items() if key % divisor != rest}
        return Change("delete", [f"DELETE FROM {self.name} WHERE id % {divisor} = {rest}"])

    def compact(self, _number: int, luck: random.Random) -> "Change":
        """Now and then with the removal of what no version needs any more, beside which nobody may read an old version."""
        cleaning = luck.random() < 0.3
        if self.form == "delta":
            statements = [f"OPTIMIZE {self.name}"] + ([f"VACUUM {self.name} RETAIN 0 HOURS"] if cleaning else [])
        else:
            statements = ["CALL ice.system.rewrite_data_files(table => 'db.t', options => map('rewrite-all', 'true'))"]
            statements += ["CALL ice.system.expire_snapshots(table => 'db.t', older_than => TIMESTAMP '2999-01-01 00:00:00', "
                           "retain_last => 1)"] if cleaning else []
        return Change("compact and clean" if cleaning else "compact", statements)

    def state(self) -> str:
        return digest(["id", "value"], self.rows.items())


class Change:
    """What one round does: its name and its statements."""

    def __init__(self, kind: str, statements: List[str]):
        self.kind, self.statements = kind, statements


def fresh(number: int, start: int, count: int) -> Dict[int, int]:
    return {key: (key * 31 + number * 7919) % PRIME for key in range(start, start + count)}


def range_of(number: int, start: int, count: int) -> str:
    return f"SELECT id, (id * 31 + {number * 7919}) % {PRIME} AS value FROM range({start}, {start + count})"


class Rounds:
    """One engine: its two applications and a table of each format, and what was found."""

    def __init__(self, setting, formats: List[str], origin: str, seed: int):
        place = f"s3a://{places.BUCKET}/tables/{uuid.uuid4().hex[:12]}"
        cache = setting.scratch / "cache"
        cache.mkdir(mode=0o700)
        self.luck = random.Random(seed)
        self.writer = Application(setting, "writer", place, origin, cache)
        self.reader = Application(setting, "reader", place, origin, cache)
        self.kinds, self.wrong, self.reads = Counter(), [], Counter()
        for one in (self.writer, self.reader):
            one.begin()
        self.tables = [Table(form, f"{place}/{form}") for form in formats]
        for table in self.tables:
            self._write(table.create())

    def _write(self, statement: str) -> None:
        answer = self.writer.do({"do": "sql", "text": statement})
        if "failed" in answer:
            self.wrong.append(f"a write failed: {statement[:120]}: {answer}")

    def run(self, number: int) -> None:
        table = self.luck.choice(self.tables)
        before = table.state()
        change = table.change(number, self.luck)
        after = table.state()
        # Beside a cleaning an old version may be taken away from its reader: that would be nobody's fault.
        meanwhile = self.luck.random() < 0.5 and change.kind != "compact and clean"
        self.kinds[f"{table.form}: {change.kind}"] += 1
        if meanwhile:
            self.reader.tell(table.question)
        for statement in change.statements:
            self._write(statement)
        subject = f"round {number}, {table.form}, {change.kind}"
        if meanwhile:
            self._judge(subject, "meanwhile", self.reader.answer(), (before, after))
        self._judge(subject, "afterwards", self.reader.do(table.question), (after,))

    def _judge(self, subject: str, when: str, answer: dict, allowed) -> None:
        self.reads[when] += 1
        if answer.get("hash") not in allowed:
            kind = "failed" if "failed" in answer else "stale or wrong"
            self.wrong.append(f"{subject}, read {when}: {kind}: {str(answer)[:600]}")

    def end(self) -> dict:
        counters = self.reader.do({"do": "counters"})["counters"]
        self.writer.end()
        self.reader.end()
        return {"rounds": sum(self.kinds.values()), "changes": dict(self.kinds), "reads": dict(self.reads), "wrong": self.wrong,
                "bytes read from the cache": counters.get("read.bytes.ssd", 0)}


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200, help="for each engine (200)")
    parser.add_argument("--seed", type=int, default=None, help="what everything is drawn from; without it, a new one")
    parser.add_argument("--engine", default="3.5,4.1", help=f"of {', '.join(sparks.ALL)} (3.5,4.1)")
    parser.add_argument("--format", default=",".join(FORMATS))
    parser.add_argument("--origin", choices=["direct", "delegate"], default="direct")
    parser.add_argument("--save", action="store_true", help="keep the result in tests/results")
    options = parser.parse_args(arguments)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    terminal = Terminal()
    terminal.say(f"seed {seed}")
    found = {"seed": seed, "origin": options.origin, "runs": []}
    try:
        with Children() as children:
            for engine in options.engine.split(","):
                one_engine(sparks.named(engine), options, seed, children, terminal, found["runs"])
    except (ApplicationEnded, BuildFailed, ServerFailed, setup.SetupFailed, ValueError) as failure:
        print(f"the rounds could not be run to their end (seed {seed}): {failure}", file=sys.stderr)
        return 1
    except Interrupted as signal:
        print(f"\n{signal}; seed {seed}", file=sys.stderr)
        return 128 + signal.number
    return report(found, options.save, terminal)


def one_engine(spark, options, seed: int, children: Children, terminal: Terminal, runs: List[dict]) -> None:
    for step in ("packages", "target", "spark", "jars", "formats"):
        if setup.main(["--spark", spark.name, "--only", step]) != 0:
            raise setup.SetupFailed(f"the set-up's step {step} failed")
    stage = Stage(children, places.TARGET / "tables" / spark.name, terminal)
    began = time.monotonic()
    with terminal.step(f"Spark {spark.release}: {options.rounds} rounds") as step:
        rounds = Rounds(stage.setting(spark), options.format.split(","), options.origin, seed)
        for number in range(1, options.rounds + 1):
            terminal.redraw(f"  Spark {spark.release}: round {number} of {options.rounds}, {len(rounds.wrong)} wrong")
            rounds.run(number)
        ended = rounds.end()
        step.note = f"{sum(ended['reads'].values())} reads, {len(ended['wrong'])} wrong"
    runs.append({"spark": spark.release, "hadoop": spark.hadoop, "seconds": round(time.monotonic() - began), **ended})
    (stage.scratch / "result.json").write_text(json.dumps(runs[-1], indent=1) + "\n")


def report(found: dict, save: bool, terminal: Terminal) -> int:
    found["machine"] = figures.machine()
    rows = [[f"Spark {one['spark']}", one["hadoop"], str(one["rounds"]),
             ", ".join(f"{count} {kind}" for kind, count in sorted(one["changes"].items())),
             str(one["reads"].get("afterwards", 0)), str(one["reads"].get("meanwhile", 0)), str(len(one["wrong"])), str(one["seconds"])]
            for one in found["runs"]]
    lines = figures.table(["engine", "Hadoop", "rounds", "changes", "reads afterwards", "reads meanwhile",
                           "stale or failed", "seconds"], rows)
    lines += [f"WRONG {one['spark']}: {why}" for one in found["runs"] for why in one["wrong"]]
    terminal.say("\n" + "\n".join(lines) + "\n")
    if save:
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / "tables.json").write_text(json.dumps(found, indent=1) + "\n")
        facts = [f"| {name} | {value} |" for name, value in found["machine"].items()]
        page = ["# Table formats", "", f"`make test-tables`: seed {found['seed']}, {found['origin']} origin. One application writes, "
                "another reads; every read is compared with a model.", "", *lines, "", "| machine | |", "|-|-|", *facts, ""]
        (KEPT / "tables.md").write_text("\n".join(page))
    wrong = sum(len(one["wrong"]) for one in found["runs"])
    terminal.say("0 stale or failed reads" if not wrong else f"{wrong} reads or writes went wrong; seed {found['seed']} repeats them")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
