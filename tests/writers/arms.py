"""One workload through stock S3A and through Forebay, step by step, and whether every answer is the same.

The control is one application on stock S3A, in a folder of its own. Forebay's arm is two applications that share a
cache directory: one writes and reads, the other was there from the beginning and only reads. Each question is put
twice to the writer (the second time its answer comes from the cache) and then to the other; at the end of a
workload a third application is asked, which comes late and never saw an older version, and so is stock S3A over what
Forebay wrote. All must answer as the control did.
"""
from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Callable, List, Tuple

import places
from application import Application, Setting
from workloads import WORKLOADS, changes_nothing


@dataclass
class Verdict:
    """What came of one workload."""

    workload: str
    origin: str
    asked: int = 0
    wrong: List[str] = field(default_factory=list)
    from_cache: int = 0


class Arms:
    """All applications of one Spark and one origin; they stay for all workloads."""

    def __init__(self, setting: Setting, origin: str, tag: str):
        self.origin, self.setting, self.tag = origin, setting, tag
        run = uuid.uuid4().hex[:12]
        self.control_place = f"s3a://{places.BUCKET}/writers/{run}/control"
        self.place = f"s3a://{places.BUCKET}/writers/{run}/forebay"
        self.cache = setting.scratch / f"cache-{tag}"
        self.cache.mkdir(mode=0o700)
        self.control = Application(setting, f"{tag}-control", self.control_place)
        self.writer = self._forebay("writer")
        self.reader = self._forebay("reader")
        self.late: List[Application] = []
        for one in (self.control, self.writer, self.reader):
            one.begin()

    def _forebay(self, name: str) -> Application:
        return Application(self.setting, f"{self.tag}-{name}", self.place, self.origin, self.cache)

    def run(self, workload: str, tell: Callable[[str], None]) -> Verdict:
        verdict = Verdict(workload, self.origin)
        steps = list(zip(WORKLOADS[workload](f"{self.control_place}/{workload}"), WORKLOADS[workload](f"{self.place}/{workload}")))
        last: List[Tuple[int, dict, dict]] = []
        for number, (stock, ours) in enumerate(steps):
            tell(f"{workload} {number + 1}/{len(steps)}")
            self.control.tell(stock)
            given = self.writer.do(ours)
            expected = self.control.answer()
            if "failed" in expected and not ours.get("may_fail"):
                verdict.wrong.append(f"{workload}, step {number + 1}: the control failed: {shown(expected)}")
            if expected.get("committer") != ours.get("expect"):
                verdict.wrong.append(f"{workload}, step {number + 1}: the control wrote by {expected.get('committer')}, not by "
                                     f"{ours['expect']}")
            self._compare(verdict, number, ours, "writer", expected, given)
            if ours["do"] == "conf":
                continue
            if not changes_nothing(ours):
                last = []
                continue
            last.append((number, ours, expected))
            self.reader.tell(ours)
            self._compare(verdict, number, ours, "writer, again", expected, self.writer.do(ours))
            self._compare(verdict, number, ours, "another application", expected, self.reader.answer())
        self._afterwards(verdict, last)
        return verdict

    def _afterwards(self, verdict: Verdict, last: List[Tuple[int, dict, dict]]) -> None:
        """Those who come late: another application on the same cache, and stock S3A."""
        if not self.late:
            self.late = [self._forebay("late"), Application(self.setting, f"{self.tag}-stock", self.place)]
            for application in self.late:
                application.begin()
        forebay, stock = self.late
        before = self._from_cache(forebay)
        for number, ours, expected in last:
            for name, application in (("a late application", forebay), ("stock S3A over it", stock)):
                self._compare(verdict, number, ours, name, expected, application.do(ours))
        verdict.from_cache = self._from_cache(forebay) - before

    @staticmethod
    def _from_cache(application: Application) -> int:
        return application.do({"do": "counters"})["counters"].get("read.bytes.ssd", 0)

    def _compare(self, verdict: Verdict, number: int, step: dict, who: str, expected: dict, given: dict) -> None:
        verdict.asked += 1
        if comparable(expected) == comparable(given):
            return
        what = step.get("text") or step.get("how") or step["do"]
        verdict.wrong.append(f"{verdict.workload}, step {number + 1}, {who}: {what[:160]}: expected {shown(expected)}, got {shown(given)}")

    def end(self) -> None:
        for one in (self.control, self.writer, self.reader, *self.late):
            one.end()


def comparable(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name not in ("why", "first")}


def shown(answer: dict) -> str:
    return str(answer)[:400]
