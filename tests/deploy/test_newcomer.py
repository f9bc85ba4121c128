"""From a running Spark to the first cached query: the steps of docs/deploy/README.md, followed word by word.

NEWCOMER_SECONDS=120 makes the time they took a condition, too (`make newcomer`).
"""
from __future__ import annotations

import os
import re
import resource
import subprocess
import time
import unittest
from pathlib import Path
from typing import List

from spark_home import CLONE, TABLE, SparkHome, Stage, data_gets, put_table

PAGE = CLONE / "docs" / "deploy" / "README.md"
MOST_EDITS = 2

stage: Stage
spark: SparkHome


def setUpModule() -> None:
    global stage, spark
    stage = Stage()
    put_table(stage)
    folder = stage.scratch / "newcomer" / "spark"
    folder.mkdir(parents=True)
    spark = SparkHome(folder, folder / "jars", stage)
    if any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv")) or "KUBERNETES_SERVICE_HOST" in os.environ:
        # In a container the page asks for a size; a newcomer there has it among the cluster's settings.
        spark.configure([("spark.hadoop.fs.forebay.cache.size", "1GB")])


def tearDownModule() -> None:
    stage.close()


def steps() -> List[str]:
    """The commands between the page's marks, in order."""
    page = PAGE.read_text()
    part = page[page.index("<!-- newcomer:"):page.index("<!-- /newcomer -->")]
    return [line.strip() for block in re.findall(r"```sh\n(.*?)```", part, re.DOTALL) for line in block.strip().splitlines()]


def cpu_seconds() -> float:
    """What all commands so far took of the processors, however busy those were."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class NewcomerTest(unittest.TestCase):
    def run_step(self, command: str) -> str:
        environment = {**spark.environment(), "FOREBAY_JAR": str(stage.jar), "TABLE": f"s3a://{TABLE}"}
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], env=environment, cwd=spark.work,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def test_the_written_steps_lead_to_a_cached_query_in_two_edits(self) -> None:
        edits, gets, answers, said = 0, [], [], ""
        began, worked = time.monotonic(), cpu_seconds()
        for command in steps():
            before, asked = spark.fingerprint(), data_gets(stage)
            said = self.run_step(command)
            edits += spark.fingerprint() != before
            if "spark-sql" in command:
                gets.append(data_gets(stage) - asked)
                answers.append(said.strip())
        seconds = time.monotonic() - began
        print(f"{len(steps())} commands, {edits} edits, {seconds:.0f} s ({cpu_seconds() - worked:.0f} s of processor); "
              f"GETs of the queries: {gets}")
        self.assertEqual(edits, MOST_EDITS)
        self.assertEqual(len(gets), 2)
        self.assertGreater(gets[0], 0)
        self.assertEqual(gets[1], 0, "the second query was to come from the cache")
        self.assertEqual(answers[0], answers[1])
        self.assertIn(f"s3://{TABLE.split('/')[0]}/deploy/", said)
        most = os.environ.get("NEWCOMER_SECONDS")
        if most:
            self.assertLessEqual(seconds, float(most))
