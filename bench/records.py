"""What was measured so far: a line of JSON per round of a case, appended, so that a long benchmark can be taken up again.

A round counts for the very jar and origin that it was taken with; one that was interrupted is taken again as a whole.
"""
from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Dict, List, Optional

import figures
from cases import CASES, NOT_SLOWER, Case

FILE = figures.TARGET / "records.jsonl"


class Records:
    """The rounds of one jar and origin."""

    def __init__(self, jar: str, origin: str, file: Path = FILE):
        self.setting, self.file = {"jar": jar, "origin": origin}, file
        kept = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        self.rounds = [one for one in kept if self.setting.items() <= one.items()]

    def add(self, case: str, spark: str, arms: Dict[str, dict], equal: bool) -> None:
        one = {**self.setting, "case": case, "spark": spark, "equal": equal, "machine": figures.machine(), "arms": arms}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with open(self.file, "a") as out:
            out.write(json.dumps(one) + "\n")
        self.rounds.append(one)

    def of(self, case: str, spark: str) -> List[dict]:
        return [one for one in self.rounds if (one["case"], one["spark"]) == (case, spark)]

    def found(self) -> List[dict]:
        """The medians of every case and Spark that has a round, in the order of the cases."""
        sparks = sorted({one["spark"] for one in self.rounds})
        return [Found(CASES[case], spark, rounds).told() for spark in sparks for case in CASES if (rounds := self.of(case, spark))]


class Found:
    """The rounds of a case on a Spark."""

    def __init__(self, case: Case, spark: str, rounds: List[dict]):
        self.case, self.spark, self.rounds = case, spark, rounds

    def told(self) -> dict:
        arms = {key: self._arm(key) for key in self.rounds[0]["arms"]}
        return {"case": self.case.name, "spark": self.spark, "rounds": len(self.rounds), "arms": arms, "bars": self._bars(),
                "equal": all(one["equal"] for one in self.rounds), "machine": self.rounds[-1]["machine"]}

    def _arm(self, key: str) -> dict:
        first = self.rounds[0]["arms"][key]
        return {"name": first["name"], **{name: self._median(lambda arms: arms[key][name]) for name in first
                                          if name not in ("name", "requests")},
                "requests": {name: self._median(lambda arms: arms[key]["requests"][name]) for name in first["requests"]}}

    def _bars(self) -> List[dict]:
        told = []
        for bar in dict.fromkeys((NOT_SLOWER, *self.case.bars)) if not self.case.stock_place else self.case.bars:
            if bar.spark in ("", self.spark):
                found = self._figure(bar)
                if found is not None:
                    told.append({"bar": bar.name, "found": round(found, 3), "at_most": bar.most, "at_least": bar.least,
                                 "met": bar.met(found)})
        return told

    def _figure(self, bar) -> Optional[float]:
        try:
            return self._median(bar.of)
        except KeyError:
            # An arm was left out.
            return None

    def _median(self, of) -> float:
        return statistics.median(of(one["arms"]) for one in self.rounds)
