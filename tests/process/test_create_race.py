"""Two processes of sixteen writers each create one file, which none may replace: the store lets one of them win.

`make race-create` runs 200 rounds; a few here. The files are small, each one PUT: SeaweedFS, which is the store
here, decides those atomically, and the completion of an upload in parts it does not.
"""
from __future__ import annotations

import os
import unittest

from stage import PATH, Jvm, Stage, spark_jars

ROUNDS = int(os.environ.get("FOREBAY_RACE_ROUNDS", "5"))
WRITERS = 16

stage: Stage


def setUpModule() -> None:
    global stage
    stage = Stage()


def tearDownModule() -> None:
    stage.close()


def writers(name: str) -> Jvm:
    # Hadoop as Spark brings it, our jar, and no connector. SeaweedFS takes seconds to let 32 writers of a key through.
    class_path = ":".join(map(str, [stage.classes, stage.jar, *spark_jars()]))
    return stage.jvm("CreatesInRaces", "none", str(WRITERS), name, busy=10 * ROUNDS, class_path=class_path)


def tell(jvm: Jvm, line: str) -> None:
    assert jvm.process.stdin
    jvm.process.stdin.write(f"{line}\n".encode())
    jvm.process.stdin.flush()


def answer(jvm: Jvm) -> str:
    assert jvm.process.stdout
    line = jvm.process.stdout.readline().decode()
    if not line:
        raise AssertionError(jvm.explain(["the process ended"]))
    return line.strip()


class CreateRace(unittest.TestCase):
    def test_of_two_times_sixteen_writers_one_wins_each_round(self) -> None:
        with writers("a") as one, writers("b") as other:
            for jvm in (one, other):
                self.assertEqual("ready", answer(jvm))
            both = 0
            for number in range(ROUNDS):
                name = f"race-{number}"
                for jvm in (one, other):
                    tell(jvm, f"create {name}")
                won = [answer(jvm).split()[1:] for jvm in (one, other)]
                winners = [*won[0], *won[1]]
                self.assertEqual(1, len(winners), f"round {number}: {winners}")
                both += bool(won[1])
                # The other process, which may not have won, sees the winner's bytes and all of them.
                tell(other, f"read {name}")
                self.assertEqual(f"holds {winners[0]}", answer(other), f"round {number}")
            for jvm in (one, other):
                assert jvm.process.stdin
                jvm.process.stdin.close()
            print(f"{ROUNDS} rounds of 2 x {WRITERS} writers: one winner each, {both} of them the second process'")


if __name__ == "__main__":
    unittest.main()
