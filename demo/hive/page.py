"""Hive's part as sections of the report's page."""
from __future__ import annotations

from typing import List

import charts
import report
from counts import METHODS
from hive import passes

# Of each pair of rounds: what its section is called, and what it says.
LEADS = (("whole", "Tables over files, from selects and by partitions, statistics, tables that move, drops; each scan once."),
         ("its scans again", "By the same server: the text, Parquet and ORC tables that the day read and wrote."))


def sections(found: dict) -> List[str]:
    """The day and its scans, each with stock S3A beside Forebay, then all numbers."""
    title = found["title"][0].upper() + found["title"][1:]
    out = [side_by_side(f"{title}, {part}", lead, pair)
           for (part, lead), pair in zip(LEADS, passes.pairs(found["passes"]))]
    return [*out, report.section("Hive: numbers", "", report.numbers(found["passes"]) + report.asides(found["passes"])),
            report.section("Hive: how this was run", "", report.facts(found))]


def side_by_side(title: str, lead: str, pair: List[dict]) -> str:
    bars = [(one["name"], [(report.colour(one), "seconds", one["seconds"])]) for one in pair]
    requests = [(one["name"], [(f"m-{m.lower()}", m, one["requests"][m]) for m in METHODS]) for one in pair]
    return report.section(title, lead, charts.bars(bars, report.seconds) + charts.bars(requests, report.whole)
                          + charts.legend([(f"m-{m.lower()}", m) for m in METHODS]))


def whole(found: dict) -> str:
    """A page of Hive's part alone."""
    return report.document(f"Forebay: {found['title']}", found["equal"], sections(found))
