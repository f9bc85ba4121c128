"""The arms of a comparison: what reads, in which application, in the order of a round.

Every application reads through a tracing wrapper (java/Traced*.java), so that stall and needed bytes are measured the
same way in all of them, and warms its JVM up on local files before its first measured pass.
"""
from __future__ import annotations

from typing import List

from passes import COLD, FILE, NEW, S3A, WARM, Application, Pass
from sparks import Spark

PLANNED = "planned"


def _hadoop(**conf: str) -> dict:
    return {f"spark.hadoop.{name.replace('_', '.')}": value for name, value in conf.items()}


LOCAL = _hadoop(fs_file_impl="TracedLocal")
STOCK = {**LOCAL, **_hadoop(fs_s3a_impl="TracedS3A")}
OURS = {**LOCAL, **_hadoop(fs_s3a_impl="TracedForebay")}
ANALYTICS = {**STOCK, "spark.hadoop.fs.s3a.input.stream.type": "analytics"}
TRUSTING = {**OURS, "spark.hadoop.fs.forebay.freshness": "planned"}

#: Local files again, of the part of a table that the stock arms read.
FILE_PART = Pass("file-part", "local files, a part", "file", "none")


def arms(spark: Spark, only_a_part: bool) -> List[Application]:
    """All arms of a Spark; with `only_a_part`, local files are read a second time as far as the stock arms read them."""
    found = [Application("file", [FILE, *([FILE_PART] if only_a_part else [])], LOCAL), Application("s3a", [S3A], STOCK)]
    if spark.vectored:
        found.append(Application("analytics", [Pass("analytics", "S3A analytics cold", "s3a", "cold"),
                                               Pass("analytics-warm", "S3A analytics warm", "s3a", "warm")], ANALYTICS))
    return found + [
        Application("forebay", [COLD, WARM], OURS),
        Application("new-application", [NEW], OURS),
        Application(PLANNED, [Pass("planned", "planned, cold", "forebay", "cold"),
                              Pass("planned-warm", "planned, warm", "forebay", "warm")], TRUSTING, "cache-planned"),
        Application("planned-new", [Pass("planned-new", "planned, new application", "forebay", "new-application")], TRUSTING,
                    "cache-planned"),
    ]
