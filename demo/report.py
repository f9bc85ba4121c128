"""What a run found, as a table for the terminal, as report.json and as one HTML page.

The page is self-contained: no script, no font, no picture from anywhere else. It can be mailed or kept.
"""
from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

import charts
from counts import METHODS, SOURCES
from terminal import size, table

SOURCE_NAMES = {"window": "window", "ram": "RAM", "ssd": "SSD", "origin": "origin"}
# The window is filled by one of the others; adding it to them would count its bytes twice.
FILLING = ("ram", "ssd", "origin")
STYLE = Path(__file__).with_name("report.css")


def write(folder: Path, report: dict, page_of: Callable[[dict], str], name: str = "report") -> Path:
    """Writes the report as JSON and as a page, each whole or not at all; returns the page's path."""
    page = folder / f"{name}.html"
    for path, content in ((folder / f"{name}.json", json.dumps(report, indent=1) + "\n"), (page, page_of(report))):
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(content, encoding="utf-8")
        fresh.replace(path)
    return page


# --- the terminal ---------------------------------------------------------------------------------


def summary(report: dict) -> str:
    """The tables and sentences that a demo ends with."""
    passes = report["passes"]
    head = ["pass", "seconds", *METHODS, *(SOURCE_NAMES[source] for source in SOURCES), "at the store", "equal"]
    rows = [[one["name"], f"{one['seconds']:.1f}", *(str(one["requests"][method]) for method in METHODS),
             *(size(one["bytes"][source]) for source in SOURCES), size(one["proxy_bytes"]), verdict(one)]
            for one in passes]
    parts = [table(head, rows)]
    parts += [f"  {sentence}" for sentence in remarks(passes)]
    return "\n".join(parts)


def verdict(one: dict) -> str:
    return "yes" if one["equal"] else "NO: " + ", ".join(one["unequal_queries"])


def remarks(passes: List[dict]) -> List[str]:
    """Speed against stock S3A, misses by cause, what look-ahead fetched in vain."""
    stock = baseline(passes)
    out = []
    for one in passes:
        if one["filesystem"] != "forebay":
            continue
        said = []
        if stock:
            said.append(f"{faster(stock, one)} stock S3A")
        causes = [f"{count} {cause}" for cause, count in one["misses"].items() if count]
        said.append("misses: " + (", ".join(causes) if causes else "none"))
        if one["ahead"] is not None:
            said.append(f"fetched ahead {size(one['ahead']['fetched'])}, of which never read {size(one['ahead']['wasted'])}")
        out.append(f"{one['name']}: " + "; ".join(said))
    return out


def baseline(passes: List[dict]) -> Optional[dict]:
    return next((one for one in passes if one["filesystem"] == "s3a"), None)


def faster(stock: dict, one: dict) -> str:
    ratio = stock["seconds"] / max(one["seconds"], 0.001)
    return f"{ratio:.2f} times as fast as" if ratio >= 1 else f"{1 / ratio:.2f} times as slow as"


# --- the page -------------------------------------------------------------------------------------


def html(report: dict, further: Sequence[str] = ()) -> str:
    """The page of Spark's passes, and the sections of other engines after them."""
    passes = report["passes"]
    sections = [
        tiles(passes),
        section("Seconds", "All 22 queries, one after the other; listing and planning included.",
                charts.bars([(one["name"], [(colour(one), "seconds", one["seconds"])]) for one in passes], seconds)),
        section("Requests to the store", "Counted at the proxy in front of it. GET: answered with a body of table data; "
                "GET304: confirmed as unchanged, no body.",
                charts.bars([(one["name"], [(f"m-{m.lower()}", m, one["requests"][m]) for m in METHODS])
                             for one in passes], whole)
                + charts.legend([(f"m-{m.lower()}", m) for m in METHODS])),
        section("Bytes by source", "Where the bytes that Spark read came from. A stream's window is filled by one of these, "
                "so its bytes are among them (the table has them by themselves). Stock S3A has only its origin: what is shown "
                "for it is what left the store.",
                charts.bars([(one["name"], [(f"b-{s}", SOURCE_NAMES[s], one["bytes"][s]) for s in FILLING])
                             for one in passes], size)
                + charts.legend([(f"b-{s}", SOURCE_NAMES[s]) for s in FILLING])),
        section("Bytes from the store", "Bodies of answers, counted at the proxy.",
                charts.bars([(one["name"], [(colour(one), "bytes", one["proxy_bytes"])]) for one in passes], size)),
        section("Seconds by query", "", by_query(passes)),
        section("Numbers", "", numbers(passes) + asides(passes)),
        section("How this was run", "", facts(report)),
        *further,
    ]
    return document(f"Forebay: TPC-H at scale factor {report['scale_factor']}", report["equal"], sections)


def document(plain_title: str, equal: bool, sections: Sequence[str]) -> str:
    title = escape(plain_title)
    state = "equal" if equal else "unequal"
    said = ("Every answer of every pass equals the reference." if equal
            else "ANSWERS DIFFER: see the last column of the table.")
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE.read_text()}</style></head>'
            f'<body><main><h1>{title}</h1><p class="verdict {state}">{said}</p>' + "".join(sections)
            + "</main></body></html>\n")


def section(title: str, lead: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>" + (f"<p>{escape(lead)}</p>" if lead else "") + body + "</section>"


def tiles(passes: List[dict]) -> str:
    stock = baseline(passes)
    out = []
    for one in passes:
        note = f"{faster(stock, one)} stock S3A" if stock and one is not stock else f"{one['requests']['GET']} GETs"
        out.append(f'<div class="tile"><i class="{colour(one)}"></i><b>{one["seconds"]:.1f} s</b>'
                   f"<span>{escape(one['name'])}</span><small>{escape(note)}</small></div>")
    return f'<div class="tiles">{"".join(out)}</div>'


def colour(one: dict) -> str:
    return {"file": "p-file", "s3a": "p-s3a"}.get(one["filesystem"], f"p-{one['cache']}")


def by_query(passes: List[dict]) -> str:
    names = [query["name"] for query in passes[0]["queries"]]
    series = [(colour(one), one["name"], [query["seconds"] for query in one["queries"]]) for one in passes]
    return charts.columns(names, series, seconds) + charts.legend([(colour(one), one["name"]) for one in passes])


def numbers(passes: List[dict]) -> str:
    head = ["pass", "seconds", *METHODS, *(SOURCE_NAMES[source] for source in SOURCES), "from the store", "peak RSS", "equal"]
    rows = [[one["name"], f"{one['seconds']:.1f}", *(whole(one["requests"][m]) for m in METHODS),
             *(size(one["bytes"][s]) for s in SOURCES), size(one["proxy_bytes"]), size(one["peak_rss"] or 0), verdict(one)]
            for one in passes]
    return html_table(head, rows)


def asides(passes: List[dict]) -> str:
    """Misses and look-ahead, for the passes that have them."""
    ours = [one for one in passes if one["filesystem"] == "forebay"]
    causes = sorted({cause for one in ours for cause in one["misses"]})
    if not ours:
        return ""
    head = ["pass", *(f"misses: {cause}" for cause in causes), "fetched ahead", "never read"]
    rows = []
    for one in ours:
        ahead: Dict[str, int] = one["ahead"] or {"fetched": 0, "wasted": 0}
        rows.append([one["name"], *(whole(one["misses"].get(cause, 0)) for cause in causes), size(ahead["fetched"]),
                     size(ahead["wasted"])])
    return html_table(head, rows)


def html_table(head: List[str], rows: List[List[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def facts(report: dict) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in report["facts"].items())
    return f"<dl>{rows}</dl>"


def seconds(value: float) -> str:
    return f"{value:.1f} s" if value >= 1 or value == 0 else f"{value:.2f} s"


def whole(value: float) -> str:
    return f"{int(value):,}".replace(",", "\u202f")
