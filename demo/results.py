"""A query's answer in one canonical form, so that two runs can be compared by a hash.

Rows are sorted (an ORDER BY with ties leaves their order open), decimals, dates and strings are kept
exactly, and doubles to ten significant digits, since the order in which partial sums meet is not fixed.
"""
from __future__ import annotations

import datetime
import decimal
import hashlib
import json
import math
from typing import Any, Iterable, List, Sequence


def digest(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """The hash of an answer: its column names and the multiset of its rows."""
    lines = sorted(canonical_row(row) for row in rows)
    whole = "\n".join([json.dumps(list(columns)), *lines])
    return hashlib.sha256(whole.encode("utf-8")).hexdigest()


def canonical_row(row: Sequence[Any]) -> str:
    return json.dumps([canonical(value) for value in row], ensure_ascii=True)


def canonical(value: Any) -> Any:
    """A value as JSON that keeps its type: the number 1, the decimal 1 and the text "1" all differ."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"double": canonical_double(value)}
    if isinstance(value, decimal.Decimal):
        return {"decimal": format(value, "f")}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"time": value.isoformat()}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    if isinstance(value, (list, tuple)):
        return {"list": [canonical(item) for item in value]}
    raise TypeError(f"no canonical form for a {type(value).__name__} in a query's answer")


def canonical_double(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    text = f"{value:.10g}"
    return "0" if text == "-0" else text


def unequal(reference: List[dict], other: List[dict]) -> List[str]:
    """The queries whose answers differ between two passes, or that only one of them has."""
    answers = {query["name"]: (query["rows"], query["hash"]) for query in reference}
    others = {query["name"]: (query["rows"], query["hash"]) for query in other}
    return sorted(name for name in answers.keys() | others.keys() if answers.get(name) != others.get(name))
