"""Makes the tables of the cases that TPC-H has not: lineitem in ORC, and in many small files.

    spark-submit data.py LINEITEM INTO
"""
import os
import sys
from pathlib import Path

SMALL_FILES = 500
ROWS_OF_SMALL = 3000


def main(lineitem: str, into: str) -> None:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    table = session.read.parquet(lineitem)
    write(table.coalesce(8), "orc", Path(into) / "lineitem_orc")
    first = session.createDataFrame(table.limit(SMALL_FILES * ROWS_OF_SMALL).rdd, table.schema)
    write(first.repartition(SMALL_FILES), "parquet", Path(into) / "lineitem_small")
    session.stop()


def write(table, form: str, folder: Path) -> None:
    """The folder appears whole or not at all."""
    fresh = folder.with_name(folder.name + ".new")
    table.write.format(form).mode("overwrite").save(fresh.as_uri())
    os.replace(fresh, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
