"""From what was counted to the numbers of a pass.

Requests and bytes on the wire come from the proxy, never from Forebay itself. Where the bytes of reads
came from, why reads missed, and what look-ahead fetched in vain come from Forebay's own counters
(METRICS.md); stock S3A has no such tiers, so all its bytes are the origin's.
"""
from __future__ import annotations

from typing import Dict, List, Optional

METHODS = ("GET", "GET304", "HEAD", "LIST", "PUT")
SOURCES = ("window", "ram", "ssd", "origin")


class CountersMissing(Exception):
    """Forebay's counters lack what the report needs."""


def requests(stats: Optional[dict]) -> Dict[str, int]:
    """Requests by method; GET are answers with a body for table data, GET304 those without one."""
    if not stats:
        return dict.fromkeys(METHODS, 0)
    return {**{method: int(stats["requests"][method]) for method in METHODS}, "GET": int(stats["data"]["gets"])}


def proxy_bytes(stats: Optional[dict]) -> int:
    """Bytes of table data that left the proxy."""
    return int(stats["data"]["bytes"]) if stats else 0


def sources(filesystem: str, counters: Dict[str, int], stats: Optional[dict]) -> Dict[str, int]:
    if filesystem != "forebay":
        return {"window": 0, "ram": 0, "ssd": 0, "origin": proxy_bytes(stats)}
    missing = [f"read.bytes.{source}" for source in SOURCES if f"read.bytes.{source}" not in counters]
    if missing:
        raise CountersMissing(f"Forebay counts no {', '.join(missing)}; it counts: {', '.join(sorted(counters))}")
    return {source: counters[f"read.bytes.{source}"] for source in SOURCES}


def misses(counters: Dict[str, int]) -> Dict[str, int]:
    return {name[len("miss."):]: count for name, count in sorted(counters.items()) if name.startswith("miss.")}


def ahead(counters: Dict[str, int]) -> Optional[Dict[str, int]]:
    """Bytes fetched ahead of any read, and how many of them no read has asked for."""
    if "prefetch.bytes.fetched" not in counters:
        return None
    fetched, used = counters["prefetch.bytes.fetched"], counters.get("prefetch.bytes.used", 0)
    return {"fetched": fetched, "used": used, "wasted": max(fetched - used, 0)}


def as_pass(one, ended: dict, engine: str) -> dict:
    """One pass as it stands in report.json; `equal` is filled in once every pass has ended."""
    return {
        "name": one.name,
        "key": one.key,
        "engine": engine,
        "filesystem": one.filesystem,
        "cache": one.cache,
        "seconds": round(ended["seconds"], 3),
        "requests": requests(ended["stats"]),
        "bytes": sources(one.filesystem, ended["counters"], ended["stats"]),
        "proxy_bytes": proxy_bytes(ended["stats"]),
        "equal": None,
        "unequal_queries": [],
        "misses": misses(ended["counters"]),
        "ahead": ahead(ended["counters"]),
        "peak_rss": ended["peak_rss"],
        "queries": [{**query, "seconds": round(query["seconds"], 3)} for query in ended["queries"]],
        "counters": ended["counters"],
        "proxy": ended["stats"],
    }


def judge(passes: List[dict], unequal) -> bool:
    """Compares every pass with stock S3A's (else with the first one); true if no answer differs."""
    reference = next((one for one in passes if one["filesystem"] == "s3a"), passes[0])
    for one in passes:
        one["unequal_queries"] = unequal(reference["queries"], one["queries"])
        one["equal"] = not one["unequal_queries"]
    return all(one["equal"] for one in passes)
