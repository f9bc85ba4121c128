"""Charts as inline SVG, drawn with CSS classes so that the page decides the colours, light or dark.

Every function returns a complete `<svg>` element. Lengths are in user units; the page scales the whole.
"""
from __future__ import annotations

from html import escape
from typing import Callable, List, Sequence, Tuple

WIDTH = 760
LABEL = 190
VALUE = 110
ROW = 34
BAR = 20


def bars(rows: Sequence[Tuple[str, List[Tuple[str, str, float]]]], shown: Callable[[float], str]) -> str:
    """Horizontal bars, one per row; a row is a label and its stacked (class, name, value) parts."""
    longest = max([sum(value for _, _, value in parts) for _, parts in rows] + [0]) or 1
    scale = (WIDTH - LABEL - VALUE) / longest
    out = []
    for index, (label, parts) in enumerate(rows):
        top = index * ROW + (ROW - BAR) // 2
        middle = top + BAR / 2
        out.append(text(LABEL - 12, middle, label, "label end"))
        left = float(LABEL)
        for css, name, value in parts:
            width = value * scale
            if width > 0:
                out.append(f'<rect class="{css}" x="{left:.1f}" y="{top}" width="{max(width, 0.5):.1f}" height="{BAR}">'
                           f"<title>{escape(label)} · {escape(name)}: {escape(shown(value))}</title></rect>")
            left += width
        out.append(text(left + 8, middle, shown(sum(value for _, _, value in parts)), "value"))
    return svg(WIDTH, len(rows) * ROW, out)


def columns(groups: Sequence[str], series: Sequence[Tuple[str, str, List[float]]], shown: Callable[[float], str]) -> str:
    """Grouped columns: per group one column of each (class, name, values) series."""
    height, left, foot = 230, 44, 24
    longest = max([value for _, _, values in series for value in values] + [0]) or 1
    step = nice_step(longest / 4)
    top_value = step * -(-longest // step)
    scale = (height - foot - 10) / top_value
    base = height - foot
    out = []
    mark = 0.0
    while mark <= top_value * 1.0001:
        y = base - mark * scale
        out.append(f'<line class="grid" x1="{left}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        out.append(text(left - 8, y, shown(mark), "axis end"))
        mark += step
    pitch = (WIDTH - left) / max(len(groups), 1)
    width = pitch * 0.78 / max(len(series), 1)
    for at, group in enumerate(groups):
        start = left + at * pitch + pitch * 0.11
        out.append(text(left + (at + 0.5) * pitch, base + 14, group, "axis middle"))
        for number, (css, name, values) in enumerate(series):
            tall = values[at] * scale
            out.append(f'<rect class="{css}" x="{start + number * width:.1f}" y="{base - tall:.1f}" '
                       f'width="{max(width - 0.6, 0.6):.1f}" height="{tall:.1f}">'
                       f"<title>{escape(group)} · {escape(name)}: {escape(shown(values[at]))}</title></rect>")
    return svg(WIDTH, height, out)


def legend(entries: Sequence[Tuple[str, str]]) -> str:
    """A legend as HTML, from (class, name) pairs."""
    items = "".join(f'<span><svg class="key" viewBox="0 0 10 10"><rect class="{css}" width="10" height="10" rx="2"/></svg>'
                    f"{escape(name)}</span>" for css, name in entries)
    return f'<p class="legend">{items}</p>'


def nice_step(rough: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 1.0
    while power * 10 <= rough:
        power *= 10
    while power > rough:
        power /= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def text(x: float, y: float, content: str, css: str) -> str:
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" dominant-baseline="central">{escape(content)}</text>'


def svg(width: int, height: int, parts: List[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img">' + "".join(parts) + "</svg>"
