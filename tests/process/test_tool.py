"""The operator's tool as operators use it: `java -jar forebay.jar`, on directories that a running job has filled."""
from __future__ import annotations

import json
import os
import re
import subprocess
import unittest
from pathlib import Path
from typing import List, Optional, Tuple

import places
from s3 import Bucket
from servers import HOST
from stage import Jvm, Stage, content

# Where the cells of a segment begin, and how long one is: forebay-cache/src/slice.rs and lib.rs.
CELLS_AT = 2 << 20
CELL = 8 << 10
OBJECT = 4 << 20
KEYS = ["lake/a/one.bin", "lake/a/two.bin", "lake/b/three.bin"]
OURS = "io.forebay.hadoop.s3a.ForebayS3AFileSystem"

stage: Stage
bucket: Bucket


def setUpModule() -> None:
    global stage, bucket
    stage = Stage()
    bucket = Bucket(HOST, stage.proxy.ports["port"], places.BUCKET, stage.keys.access, stage.keys.secret)
    for key in KEYS:
        bucket.put(key, content()[:OBJECT])


def tearDownModule() -> None:
    stage.close()


def tool(*words: str, options: Tuple[str, ...] = (), home: Optional[Path] = None) -> subprocess.CompletedProcess:
    """Runs the jar by itself: no Hadoop, no class path."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home or stage.scratch)}
    command = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", f"-Djava.io.tmpdir={stage.scratch}", *options, "-jar",
               str(stage.jar), *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


class Job:
    """A JVM that reads what it is told to, and stays."""

    def __init__(self, cache: Path):
        self.jvm: Jvm = stage.jvm("ReadsOnDemand", "direct", cache=cache, busy=300)

    def __enter__(self) -> "Job":
        self.jvm.__enter__()
        return self

    def __exit__(self, *arguments) -> None:
        self.jvm.__exit__(*arguments)

    def read(self, key: str) -> None:
        self.jvm.process.stdin.write((key + "\n").encode())
        self.jvm.process.stdin.flush()
        line = self.jvm.process.stdout.readline().decode().strip()
        if line != f"read {OBJECT}":
            raise AssertionError(self.jvm.explain([line]))


def segments(cache: Path) -> List[Path]:
    return sorted(cache.glob(f"forebay-{os.geteuid()}/?/?/*"))


def disk(cache: Path) -> int:
    return sum(file.lstat().st_blocks * 512 for file in cache.rglob("*"))


class ToolTest(unittest.TestCase):
    def good(self, *words: str, code: int = 0) -> dict:
        done = tool(*words, "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def bad(self, code: int, text: str, *words: str) -> None:
        done = tool(*words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(text, done.stderr)


class OnARunningJobTest(ToolTest):
    """One job fills a cache and goes on reading from it while the tool is at work."""

    def setUp(self) -> None:
        self.cache = stage.fresh_cache()
        self.job = Job(self.cache).__enter__()
        for key in KEYS:
            self.job.read(key)
        self.dirs = ("--dirs", str(self.cache))

    def tearDown(self) -> None:
        self.job.__exit__(None, None, None)

    def reads_on(self) -> None:
        for key in KEYS:
            self.job.read(key)

    def test_stat_says_what_is_cached_by_prefix(self) -> None:
        answer = self.good("stat", "--depth", "2", *self.dirs)["caches"][0]
        rows = {row["where"]: row for row in answer["rows"]}
        lake = f"s3://{places.BUCKET}/lake/"
        self.assertEqual(set(rows), {lake + "a/", lake + "b/"})
        self.assertEqual((rows[lake + "a/"]["objects"], rows[lake + "a/"]["cached_bytes"]), (2, 2 * OBJECT))
        self.assertEqual(rows[lake + "b/"]["read_again_bytes"], 0)
        self.assertEqual((answer["budget_bytes"], answer["writing_processes"]), (512 << 20, 1))
        self.assertGreaterEqual(answer["used_at_most_bytes"], disk(self.cache))
        self.assertEqual(set(answer["since_made"]),
                         {"read_bytes", "missed_cells", "filled_bytes", "evicted_bytes", "errors"})
        later = 4_000_000_000
        os.utime(next(file for file in segments(self.cache)), (later, later))
        answer = self.good("stat", "--prefix", f"s3a://{places.BUCKET}/lake/", *self.dirs)["caches"][0]
        self.assertEqual((answer["objects"], answer["read_again_bytes"], answer["latest_use"]), (3, OBJECT, later))
        text = tool("stat", *self.dirs).stdout
        self.assertRegex(text, r"since it was made: .* read from it, .* missed, .* written")
        self.assertRegex(text, r"lake/ +12\.0 MiB .* 3 +33 %")
        self.reads_on()

    def test_verify_finds_damage_and_drops_it(self) -> None:
        sound = self.good("verify", *self.dirs)
        self.assertEqual((sound["cells"], sound["damaged_cells"]), (len(KEYS) * OBJECT // CELL, 0))
        damaged = segments(self.cache)[0]
        with open(damaged, "r+b") as file:
            file.seek(CELLS_AT + 3 * CELL + 5)
            byte = file.read(1)[0]
            file.seek(CELLS_AT + 3 * CELL + 5)
            file.write(bytes([byte ^ 1]))
        found = self.good("verify", *self.dirs, code=1)
        self.assertEqual((found["damaged_cells"], found["dropped"], found["damage"][0]["offset"]), (1, False, 3 * CELL))
        self.assertIn(found["damage"][0]["object"].split(places.BUCKET + "/")[1], KEYS)
        self.assertTrue(str(damaged).endswith(found["damage"][0]["segment"]))
        dropped = self.good("verify", "--drop", *self.dirs, code=1)
        self.assertTrue(dropped["dropped"])
        sound = self.good("verify", *self.dirs)
        self.assertEqual((sound["cells"], sound["damaged_cells"]), (len(KEYS) * OBJECT // CELL - 1, 0))
        self.reads_on()
        with open(damaged, "r+b") as file:
            file.write(b"no header")
        found = self.good("verify", "--drop", *self.dirs, code=1)
        self.assertEqual((found["damaged_segments"], damaged.exists()), (1, False))
        self.reads_on()

    def test_purge_removes_by_prefix_by_age_and_all(self) -> None:
        before = disk(self.cache)
        prefix = f"s3://{places.BUCKET}/lake/a/"
        self.assertEqual(self.good("purge", "--dry-run", "--prefix", prefix, *self.dirs)["segments"], 2)
        self.assertEqual(disk(self.cache), before)
        self.assertEqual(self.good("purge", "--prefix", prefix, *self.dirs)["segments"], 2)
        self.assertLess(disk(self.cache), before - 2 * OBJECT + (1 << 20))
        self.assertEqual(len(segments(self.cache)), 1)
        facts = self.good("budget", *self.dirs)["caches"][0]
        self.assertLess(facts["used_at_most_bytes"], 2 * OBJECT + (4 << 20))
        self.reads_on()
        self.assertEqual(self.good("purge", "--older-than", "1h", *self.dirs)["segments"], 0)
        old = segments(self.cache)[1]
        os.utime(old, (0, old.stat().st_mtime - 7200))
        self.assertEqual(self.good("purge", "--older-than", "1h", *self.dirs)["segments"], 1)
        self.assertFalse(old.exists())
        self.assertEqual(self.good("purge", "--all", *self.dirs)["segments"], 2)
        self.assertEqual(segments(self.cache), [])
        self.reads_on()
        self.assertEqual(len(segments(self.cache)), 3)

    def test_a_running_job_heeds_a_changed_budget(self) -> None:
        shown = self.good("budget", *self.dirs)["caches"][0]
        self.assertEqual(shown["budget_bytes"], 512 << 20)
        changed = self.good("budget", "16MB", *self.dirs)["caches"][0]
        self.assertEqual((changed["before_bytes"], changed["budget_bytes"]), (512 << 20, 16 << 20))
        for number in range(8):
            key = f"lake/more/{number}.bin"
            bucket.put(key, content()[:OBJECT])
            self.job.read(key)
            self.assertLessEqual(disk(self.cache), 16 << 20)
        self.assertGreater(disk(self.cache), OBJECT, "it is used, too")
        self.good("budget", "256MB", *self.dirs)
        for number in range(8):
            self.job.read(f"lake/more/{number}.bin")
        self.assertGreater(disk(self.cache), 24 << 20)
        self.bad(2, "too small", "budget", "1MB", *self.dirs)
        self.assertEqual(self.good("budget", *self.dirs)["caches"][0]["budget_bytes"], 256 << 20)

    def test_the_doctor_finds_a_healthy_cache_healthy(self) -> None:
        answer = self.good("doctor", *self.dirs)
        self.assertEqual((answer["library"], answer["problems"]), ("loaded", []))
        self.assertEqual(answer["caches"][0]["budget_bytes"], 512 << 20)
        self.assertIn("no problem found", tool("doctor", *self.dirs).stdout)


class WithoutAJobTest(ToolTest):
    def test_arguments_that_make_no_sense_end_with_2(self) -> None:
        self.bad(2, "no command 'stats'", "stats")
        self.bad(2, "no option --dir", "stat", "--dir", "/x")
        self.bad(2, "--depth many is no number", "stat", "--depth", "many")
        self.bad(2, "--dirs needs a value", "stat", "--dirs")
        self.bad(2, "one word too many", "stat", "everything")
        self.bad(2, "give --all", "purge")
        self.bad(2, "give --all", "purge", "--all", "--older-than", "7d")
        self.bad(2, "is no age", "purge", "--older-than", "week")
        self.bad(2, "is no prefix", "purge", "--prefix", "lake/")
        self.bad(2, "is no size", "budget", "plenty")
        self.bad(2, "there is no file", "doctor", "--conf", str(stage.scratch / "absent.xml"))

    def test_help_and_version_end_with_0(self) -> None:
        for words in ([], ["help"], ["--help"], ["purge", "--help"], ["help", "budget"], ["--version"]):
            done = tool(*words)
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
            self.assertTrue(done.stdout)

    def test_a_place_without_a_cache_ends_with_3_and_stays_without(self) -> None:
        place = stage.fresh_cache()
        for command in (["stat"], ["verify"], ["purge", "--all"], ["budget", "1GB"]):
            self.bad(3, "there is no cache of this user", *command, "--dirs", str(place))
        self.assertEqual(list(place.iterdir()), [])
        (place / "forebay-4242").mkdir()
        self.bad(3, "sudo -u '#4242'", "stat", "--dirs", str(place))

    def test_without_the_library_the_doctor_says_why(self) -> None:
        done = tool("doctor", "--dirs", str(stage.scratch), options=("-Dos.arch=riscv64",))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("built for x86_64 and aarch64, this is riscv64", done.stdout)
        done = tool("stat", "--dirs", str(stage.scratch), options=("-Dos.arch=riscv64",))
        self.assertEqual(done.returncode, 3)

    def test_a_directory_that_may_not_be_used_is_a_problem(self) -> None:
        place = stage.fresh_cache()
        (place / f"forebay-{os.geteuid()}").mkdir(mode=0o755)
        done = tool("doctor", "--dirs", str(place))
        self.assertEqual(done.returncode, 1)
        self.assertIn("chmod 0700", done.stdout)

    def test_the_doctor_knows_where_a_cache_could_not_be_made(self) -> None:
        place = stage.fresh_cache()
        place.chmod(0o777)
        done = tool("doctor", "--dirs", str(place))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("name a directory of your own inside it", done.stdout)
        done = tool("doctor", "--dirs", str(place / "cache"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("it is made when a job first reads", done.stdout)
        self.assertEqual(list(place.iterdir()), [])


class ConfigurationTest(ToolTest):
    """What the doctor makes of configuration files."""

    def files(self, spark: str = "", **site: str) -> Tuple[str, ...]:
        place = stage.fresh_cache()
        (place / "spark-defaults.conf").write_text(spark)
        properties = "".join(f"<property><name>{name.replace('__', '-').replace('_', '.')}</name>"
                             f"<value>{value}</value></property>" for name, value in site.items())
        (place / "core-site.xml").write_text(f"<configuration>{properties}</configuration>")
        return ("--conf", str(place / "core-site.xml"), "--spark-defaults", str(place / "spark-defaults.conf"),
                "--dirs", str(place))

    def test_a_good_one_is_read_as_the_file_system_reads_it(self) -> None:
        files = self.files(f"spark.hadoop.fs.s3a.impl  {OURS}\nspark.hadoop.fs.s3a.endpoint.region=eu-west-1\n",
                           fs_s3a_bucket_kms_requester_pays_enabled="true",
                           fs_s3a_bucket_secret_encryption_algorithm="CSE-KMS", fs_s3_impl="${fs.s3a.impl}")
        answer = self.good("doctor", "--bucket", "lake", *files)
        self.assertEqual(answer["configuration"]["schemes"], {"s3a": OURS, "s3": OURS, "s3n": None})
        self.assertEqual(answer["configuration"]["buckets"], {
            "lake": "reads directly (region eu-west-1)",
            "kms": "reads through S3A (the requester pays (fs.s3a.requester.pays.enabled))",
            "secret": "reads without the cache (objects are decrypted in the client (fs.s3a.encryption.algorithm))"})

    def test_mistakes_are_named_with_what_to_do(self) -> None:
        files = self.files(f"fs.s3a.impl {OURS}\nspark.jars /opt/forebay-0.1.0.jar\n"
                           "spark.hadoop.fs.forebay.cache.sise 1GB\n")
        problems = "\n".join(self.good("doctor", *files, code=1)["problems"])
        for text in ("no scheme is read through Forebay", "write spark.hadoop.fs.s3a.impl", "spark.jars brings the jar",
                     "did you mean fs.forebay.cache.size"):
            self.assertIn(text, problems)

    def test_every_class_of_forebay_is_known_and_the_filters_delegate_with_it(self) -> None:
        over_any, over_hdfs = "io.forebay.hadoop.ForebayFilterFileSystem", \
            "io.forebay.hadoop.hdfs.ForebayDistributedFileSystem"
        files = self.files(fs_hdfs_impl=over_hdfs, fs_abfs_impl=over_any, fs_forebay_delegate_abfs_impl="an.Abfs")
        answer = self.good("doctor", *files)
        self.assertEqual(answer["configuration"]["schemes"],
                         {"s3a": None, "s3": None, "s3n": None, "abfs": over_any, "hdfs": over_hdfs})
        self.assertIn("abfs:// is an.Abfs with its reads through Forebay", tool("doctor", *files).stdout)
        files = self.files(fs_abfs_impl=over_any, fs_gs_impl=over_any, fs_forebay_delegate_gs_impl=over_any)
        problems = "\n".join(self.good("doctor", *files, code=1)["problems"])
        for text in ("fs.forebay.delegate.abfs.impl is not set", "fs.forebay.delegate.gs.impl names " + over_any):
            self.assertIn(text, problems)

    def test_the_class_that_needs_no_connector_is_known(self) -> None:
        alone = "io.forebay.hadoop.ForebayFileSystem"
        files = self.files(fs_s3a_impl=alone, fs_gs_impl=alone, fs_s3a_endpoint_region="eu-west-1")
        answer = self.good("doctor", "--bucket", "lake", *files)
        self.assertEqual(answer["configuration"]["buckets"],
                         {"lake": "is read and written without hadoop-aws (region eu-west-1)"})
        self.assertIn("gs:// is read and written without its connector", tool("doctor", *files).stdout)
        files = self.files(fs_s3a_impl=alone, fs_hdfs_impl=alone, fs_s3a_bucket_kms_requester_pays_enabled="true",
                           fs_s3a_endpoint_region="eu-west-1")
        problems = "\n".join(self.good("doctor", *files, code=1)["problems"])
        for text in ("does not read hdfs://", "s3a://kms can't be opened without hadoop-aws (the requester pays"):
            self.assertIn(text, problems)

    def test_a_file_that_is_no_configuration_ends_with_2_and_reads_nothing_else(self) -> None:
        place = stage.fresh_cache()
        evil = place / "evil.xml"
        evil.write_text('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><configuration><property>'
                        "<name>fs.s3a.impl</name><value>&e;</value></property></configuration>")
        done = tool("doctor", "--conf", str(evil), "--dirs", str(place))
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("root:", done.stdout + done.stderr)

    def test_secrets_of_a_configuration_are_not_shown(self) -> None:
        files = self.files(f"spark.hadoop.fs.s3a.impl {OURS}\nspark.hadoop.fs.s3a.secret.key hidden-4711\n"
                           "spark.hadoop.fs.s3a.endpoint.region eu-west-1\n")
        for words in (["doctor", *files], ["doctor", *files, "--json"]):
            done = tool(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIsNone(re.search("hidden-4711", done.stdout + done.stderr))
