"""What is measured: tables and queries, single streams, and the bars that each is held to.

A bar is a figure of one round, so that noise which outlasts a round falls out; its median over the rounds counts.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

import places

Round = Dict[str, dict]
SMALL_FILES, SMALL_FILES_OF_STOCK = 2000, 500
MOST_FILES_OF_LINEITEM = 8


@dataclass(frozen=True)
class Bar:
    """A figure of a round that may not pass `most` (with `least`: not fall below it); `spark` limits it to one."""

    name: str
    of: Callable[[Round], float]
    most: Optional[float] = None
    least: Optional[float] = None
    spark: str = ""

    def met(self, found: float) -> bool:
        return found <= self.most if self.least is None else found >= self.least


@dataclass(frozen=True)
class Case:
    """Queries over tables, or one of Streams.java's reads of a file.

    `place` is the folder of the tables, in the data folder and below the bucket; `stock_place` is where stock S3A
    finds a smaller one, when the whole would take it too long.
    """

    name: str
    place: str
    tables: Tuple[Tuple[str, str], ...] = ()
    streams: Tuple[str, ...] = ()
    bars: Tuple[Bar, ...] = ()
    stock_place: str = ""

    @property
    def queries(self) -> Path:
        return places.DEMO / "queries" if self.name == "tpch" else places.CLONE / "bench" / "queries" / self.name


def seconds(over: str, under: str, scale: float = 1.0, **limit) -> Bar:
    return Bar(f"{over} / {under}, seconds", lambda found: found[over]["seconds"] / found[under]["seconds"] * scale, **limit)


def tasks(over: str, under: str, **limit) -> Bar:
    return Bar(f"{over} / {under}, time of tasks", lambda found: found[over]["task_seconds"] / found[under]["task_seconds"], **limit)


def needed(most: float) -> Bar:
    return Bar("cold bytes / needed bytes", lambda found: found["cold"]["proxy_bytes"] / found["file"]["needed_bytes"], most)


def requests(name: str, methods: List[str], per: int, most: float, arm: str = "cold") -> Bar:
    return Bar(name, lambda found: sum(found[arm]["requests"][method] for method in methods) / per, most)


def every_request(found: dict) -> int:
    return sum(found["requests"].values())


# No case may be slower than stock S3A by more than noise.
NOT_SLOWER = seconds("cold", "s3a", most=1.05)
TPCH = tuple((table, "parquet") for table in places.TABLES)
LINEITEM = (("lineitem", "parquet"),)
TPCH_PLACE = "tpch/sf1"

CASES = {case.name: case for case in (
    Case("tpch", TPCH_PLACE, TPCH, bars=(
        NOT_SLOWER,
        seconds("cold", "file", most=1.30),
        seconds("warm", "file", most=1.12),
        seconds("new-application", "file", most=1.12),
        seconds("planned-warm", "file", most=1.05),
        seconds("planned-new", "file", most=1.05),
        needed(1.15),
        Bar("cold, wasted share of what was fetched ahead",
            lambda found: found["cold"]["wasted_bytes"] / max(found["cold"]["ahead_bytes"], 1), 0.10),
        Bar("cold / s3a, requests of all kinds", lambda found: every_request(found["cold"]) / every_request(found["s3a"]), 0.25),
        requests("warm, GETs with a body", ["GET"], 1, 0, "warm"),
        requests("new application, GETs with a body", ["GET"], 1, 0, "new-application"),
    )),
    Case("columns", TPCH_PLACE, LINEITEM, bars=(
        seconds("cold", "s3a", most=0.35, spark="3.5"),
        seconds("cold", "s3a", most=0.50, spark="4.1"),
        seconds("cold", "analytics", most=0.50, spark="4.1"),
        tasks("warm", "file", most=1.15),
        tasks("planned-warm", "file", most=1.05),
    )),
    Case("selective", TPCH_PLACE, LINEITEM, bars=(seconds("cold", "s3a", most=0.45), needed(1.5))),
    Case("orc", "bench", (("lineitem_orc", "orc"),), bars=(seconds("cold", "s3a", most=0.7),)),
    Case("small-files", "bench", (("lineitem_small", "parquet"),), stock_place="bench/part", bars=(
        requests("cold, GETs with a body of a file", ["GET"], SMALL_FILES, 1.02),
        requests("cold, HEADs and 304s of a file", ["HEAD", "GET304"], SMALL_FILES, 0.15),
        seconds("cold", "s3a", SMALL_FILES_OF_STOCK / SMALL_FILES, most=0.15, spark="3.5"),
        seconds("cold", "s3a", SMALL_FILES_OF_STOCK / SMALL_FILES, most=0.25, spark="4.1"),
        seconds("warm", "file", most=2.0),
    )),
    Case("count", TPCH_PLACE, LINEITEM, bars=(NOT_SLOWER, requests("cold, GETs of a file", ["GET"], MOST_FILES_OF_LINEITEM, 1))),
    # Stock S3A reads a stream over one connection.
    Case("one-thread", "bench", streams=("sequential", "gibibyte.bin"), bars=(
        Bar("s3a / cold, seconds", lambda found: found["s3a"]["seconds"] / found["cold"]["seconds"], least=3.0),)),
    Case("random", "bench", streams=("random", "gibibyte.bin"), bars=(NOT_SLOWER,)),
    Case("text", "bench", (("lineitem_text", "text"),), bars=(NOT_SLOWER,)),
)}
