"""People who rate films, made up here in the form of MovieLens: `|` between fields, a line each.

A seeded generator of our own, since Python promises the same sequence for `random.Random` only call by
call: the data, and so every expected count, is the same on every machine.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List

SEED = 20_240_229
OCCUPATIONS = ("administrator", "artist", "doctor", "educator", "engineer", "entertainment", "executive", "healthcare",
               "homemaker", "lawyer", "librarian", "marketing", "none", "other", "programmer", "retired", "salesman",
               "scientist", "student", "technician", "writer")
FILMS = 1682
STARS = 5


@dataclass(frozen=True)
class Size:
    """How many of each, and in how many files."""

    users: int
    ratings: int
    files: int


# Ratings of 8 MB as text, and of 2 MB as ORC and as Parquet: enough that a read is more than a footer.
USUAL = Size(users=60_000, ratings=300_000, files=3)
TINY = Size(users=3_000, ratings=12_000, files=2)


def landing(size: Size) -> Dict[str, bytes]:
    """The files that lie in the bucket before anybody starts Hive, by key below the landing prefix."""
    return {**split("users", list(users(size)), size.files), **split("ratings", list(ratings(size)), size.files)}


def users(size: Size) -> Iterator[str]:
    draw = drawn(SEED)
    for number in range(1, size.users + 1):
        gender = "MF"[next(draw) % 2]
        occupation = OCCUPATIONS[next(draw) % len(OCCUPATIONS)]
        yield f"{number}|{7 + next(draw) % 67}|{gender}|{occupation}|{next(draw) % 100_000:05d}"


def ratings(size: Size) -> Iterator[str]:
    draw = drawn(SEED + 1)
    for _ in range(size.ratings):
        user, film, stars = 1 + next(draw) % size.users, 1 + next(draw) % FILMS, 1 + next(draw) % STARS
        yield f"{user}|{film}|{stars}|{874_724_710 + next(draw) % 18_561_928}"


def split(name: str, lines: List[str], files: int) -> Dict[str, bytes]:
    share = -(-len(lines) // files)
    parts = [lines[at:at + share] for at in range(0, len(lines), share)]
    return {f"{name}/part-{number}.txt": ("\n".join(part) + "\n").encode() for number, part in enumerate(parts)}


def drawn(seed: int) -> Iterator[int]:
    """SplitMix64, its upper 32 bits."""
    state, whole = seed, (1 << 64) - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & whole
        value = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & whole
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & whole
        yield (value ^ (value >> 31)) >> 32
