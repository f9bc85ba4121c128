"""Makes the tables of the cases that TPC-H has not: lineitem in ORC, as text and in many small files, and one large object.

    spark-submit data.py LINEITEM INTO
"""
import os
import random
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "demo")]

from cases import SMALL_FILES, SMALL_FILES_OF_STOCK  # noqa: E402

ROWS_OF_SMALL = 3000
ROWS_OF_TEXT = 1_500_000
# What a complete folder holds.
MADE = ("lineitem_orc", "lineitem_small", "part/lineitem_small", "lineitem_text", "gibibyte.bin")
MIB = 1 << 20
GIB = 1 << 30


def main(lineitem: str, into: str) -> None:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    table, into = session.read.parquet(lineitem), Path(into)
    write(into / "lineitem_orc", lambda: table.coalesce(8), "orc")
    write(into / "lineitem_small", lambda: small(table, SMALL_FILES), "parquet")
    write(into / "part" / "lineitem_small", lambda: small(table, SMALL_FILES_OF_STOCK), "parquet")
    write(into / "lineitem_text", lambda: lines(table.limit(ROWS_OF_TEXT)).repartition(4), "text")
    session.stop()
    gibibyte(into / "gibibyte.bin")


def small(table, files: int):
    return table.limit(files * ROWS_OF_SMALL).repartition(files)


def lines(table):
    from pyspark.sql import functions

    return table.select(functions.concat_ws("|", *table.columns).alias("value"))


def write(folder: Path, table, form: str) -> None:
    """The folder appears whole or not at all; one that is there stays."""
    if folder.is_dir():
        return
    fresh = folder.with_name(folder.name + ".new")
    table().write.format(form).mode("overwrite").save(fresh.as_uri())
    os.replace(fresh, folder)


def gibibyte(file: Path) -> None:
    if file.exists():
        return
    fresh, luck = file.with_name(file.name + ".new"), random.Random(1)
    with open(fresh, "wb") as out:
        for _ in range(GIB // MIB):
            out.write(luck.randbytes(MIB))
    fresh.replace(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
