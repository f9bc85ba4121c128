"""The page of a comparison: a table of arms and one of bars for each Spark, and a chart."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Dict, List, Sequence

import charts
import figures

HEADS = ["case", "arm", "seconds", "x local", "GET", "304", "HEAD", "LIST", "MB", "MB wasted", "s in flight", "s stalled", "s of CPU", "s of tasks", "s to connect"]
SHOWN = {"s3a": "stock S3A", "analytics": "S3A analytics", "cold": "Forebay cold", "warm": "Forebay warm"}
COLOURS = {"s3a": "#8b97a6", "analytics": "#c3a14a", "cold": "#3f7fd9", "warm": "#1f9d76"}


def tables(found: List[dict]) -> List[str]:
    lines: List[str] = []
    for spark in dict.fromkeys(one["spark"] for one in found):
        of_spark = [one for one in found if one["spark"] == spark]
        lines += [f"## Spark {spark}", "", *figures.table(HEADS, [row for one in of_spark for row in rows(one)]), ""]
        lines += [*figures.table(["case", "bar", "found", "bar at", ""], [row for one in of_spark for row in bars(one)]), ""]
    return lines[:-1]


def rows(one: dict) -> List[List[str]]:
    local = one["arms"].get("file", {}).get("seconds")
    title = f"{one['case']} ({one['rounds']})" + ("" if one["equal"] else " ANSWERS DIFFER")
    return [[title if number == 0 else "", arm["name"], f"{arm['seconds']:.2f}", f"{arm['seconds'] / local:.2f}" if local else "",
             *(f"{arm['requests'][method]:g}" for method in ("GET", "GET304", "HEAD", "LIST")), f"{arm['proxy_bytes'] / 1e6:.1f}",
             f"{arm['wasted_bytes'] / 1e6:.1f}", *(f"{arm[name]:.2f}" for name in ("in_flight_seconds", "stalled_seconds", "cpu_seconds", "task_seconds", "connect_seconds"))]
            for number, arm in enumerate(one["arms"].values())]


def bars(one: dict) -> List[List[str]]:
    return [[one["case"], bar["bar"], f"{bar['found']:g}",
             f"at most {bar['at_most']:g}" if bar["at_least"] is None else f"at least {bar['at_least']:g}", "met" if bar["met"] else "MISSED"]
            for bar in one["bars"]]


def write(found: List[dict], setting: Dict[str, str], keep: bool) -> List[Path]:
    """JSON below target/bench; with `keep`, also JSON, Markdown and a chart in bench/results."""
    result = {**setting, "machine": figures.machine(), "cases": found}
    lines = ["Medians over rounds (in brackets, how many); ratios are taken within a round. `x local` is against the same",
             "Spark over local files on a warm page cache. Stock S3A reads a quarter of the small files.",
             "`s to connect` (loading the store's client and its first answer) is not part of `seconds`.", ""]
    for spark in dict.fromkeys(one["spark"] for one in found):
        lines += [f"![Seconds against local files, Spark {spark}](bench-spark-{spark}.svg)", ""]
    title = f"Comparison, jar {setting['jar']}, origin {setting['origin']}"
    written = figures.write("bench", title, result, [*lines, *tables(found)], keep)
    if keep:
        for spark in dict.fromkeys(one["spark"] for one in found):
            written.append(figures.KEPT / f"bench-spark-{spark}.svg")
            written[-1].write_text(chart([one for one in found if one["spark"] == spark]))
    return written


def chart(found: List[dict]) -> str:
    """How many times as long as local files each arm takes, case by case."""
    groups = [one for one in found if "file" in one["arms"] and one["case"] != "small-files"]
    keys = [key for key in SHOWN if any(key in one["arms"] for one in groups)]
    series = [(key, SHOWN[key], [times(one, key) for one in groups]) for key in keys]
    drawing = charts.columns([one["case"] for one in groups], series, lambda value: f"{value:g} x")
    return standalone(drawing, keys)


def times(one: dict, key: str) -> float:
    return one["arms"][key]["seconds"] / one["arms"]["file"]["seconds"] if key in one["arms"] else 0.0


def standalone(drawing: str, keys: Sequence[str]) -> str:
    """The chart as a file of its own, with its colours and a legend."""
    style = "".join(f".{key} {{ fill: {COLOURS[key]} }} " for key in keys)
    style += "text { font: 11px sans-serif; fill: #5d6b7c } .end { text-anchor: end } .middle { text-anchor: middle } .grid { stroke: #dfe4ea }"
    legend = "".join(f'<rect class="{key}" x="{60 + 130 * at}" y="0" width="10" height="10"/>'
                     f'<text x="{75 + 130 * at}" y="9">{SHOWN[key]}</text>' for at, key in enumerate(keys))
    return drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(">", f"><style>{style}</style>{legend}", 1) + "\n"
