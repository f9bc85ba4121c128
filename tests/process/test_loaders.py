"""Whichever way users bring the jar to a process: what is read, and what the log says."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import unittest
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import places
from stage import GUARD_SECONDS, Stage, spark_home, spark_jars
from standalone import Standalone
from submit import Submitter

READ = "rows 5, through Forebay true"
LIBRARY = "META-INF/native/linux-x86_64/libforebay.so"

# Root writes wherever it likes, unless it is told to ask as others do.
WITHOUT_RIGHTS_OF_ROOT = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]

stage: Stage


def setUpModule() -> None:
    global stage
    stage = Stage()


def tearDownModule() -> None:
    stage.close()


def mounting(script: str) -> List[str]:
    """A command that runs another one among mounts of its own; skips where only root may mount."""
    command = ["unshare", "-m", "sh", "-ec"]
    if subprocess.run([*command, script], capture_output=True).returncode != 0:
        raise unittest.SkipTest("this user may not mount anything")
    return [*command, script + '\nexec "$@"', "mounting"]


class OnSpark(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.submitter = Submitter(stage)
        cls.hadoop = sorted(map(str, places.jars().glob("*.jar")))

    def assertUsed(self, log: str) -> None:
        self.assertRegex(log, rf" INFO forebay: forebay: s3a://{places.BUCKET} reads directly ")
        self.assertNotRegex(log, "WARN forebay")

    def test_jars_named_at_submission_reach_driver_and_executors(self) -> None:
        """`--jars`, client mode, an executor in a process of its own."""
        done = self.submitter.run("local-cluster[1,1,512]", {}, ["--jars", ",".join([*self.hadoop, str(stage.jar)])])
        self.assertEqual(READ, done.answer)
        self.assertUsed(done.log)

    def test_jars_named_at_submission_reach_a_driver_in_the_cluster(self) -> None:
        """`--jars`, cluster mode: a standalone worker starts the driver."""
        cluster = Standalone(self.submitter)
        self.addCleanup(cluster.close)
        # What spark-submit gives a driver of its own on Java 17, a worker's Spark 3.5 does not.
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "sun.nio.ch", "java.lang.invoke",
                                                                               "java.lang", "java.util", "java.io")]
        conf = {"spark.standalone.submit.waitAppCompletion": "true",
                "spark.driver.extraJavaOptions": " ".join([self.submitter.java_options(), *opened])}
        done = self.submitter.run(cluster.master, conf, [
            "--deploy-mode", "cluster", "--jars", ",".join([*self.hadoop, str(stage.jar)])])
        self.assertEqual(READ, done.answer, cluster.said())
        self.assertUsed(cluster.said())

    def test_an_extra_class_path_does(self) -> None:
        extra = ":".join([str(stage.jar), *self.hadoop])
        done = self.submitter.run("local[1]", {"spark.driver.extraClassPath": extra,
                                               "spark.executor.extraClassPath": extra})
        self.assertEqual(READ, done.answer)
        self.assertUsed(done.log)

    def test_sparks_own_jars_folder_does(self) -> None:
        home = stage.scratch / "spark-home"
        home.mkdir()
        for entry in spark_home().iterdir():
            if entry.name != "jars":
                (home / entry.name).symlink_to(entry)
        (home / "jars").mkdir()
        for jar in [*spark_jars(), *map(Path, self.hadoop), stage.jar]:
            (home / "jars" / jar.name).symlink_to(jar)
        done = self.submitter.run("local[1]", {}, home=home)
        self.assertEqual(READ, done.answer)
        self.assertUsed(done.log)


class InAnyJvm(unittest.TestCase):
    def read(self, *more: str, main: str = "ReadsOnce", origin: str = "direct", options: Sequence[str] = (),
             class_path: Optional[str] = None, within: Sequence[str] = (), cache: Optional[Path] = None,
             environment: Optional[Dict[str, str]] = None) -> List[str]:
        """Output and log of a JVM that ended well."""
        with stage.jvm(main, origin, *more, options=options, class_path=class_path, within=within, cache=cache,
                       environment=environment) as jvm:
            lines = jvm.lines_until()
            self.assertEqual(jvm.process.wait(GUARD_SECONDS), 0, jvm.explain(lines))
            return lines + [re.sub(r"^\S+ ", "", line) for line in jvm.errors.read_text().splitlines()]

    def assertSaid(self, pattern: str, lines: List[str]) -> None:
        self.assertEqual(1, len([line for line in lines if re.fullmatch(pattern, line)]), "\n".join(lines))

    def test_a_plain_class_path_does(self) -> None:
        lines = self.read()
        self.assertIn("through the cache: true", lines)
        self.assertSaid(r"INFO forebay: cache in use: \S+/cache-\d+/forebay-\d+; native memory .*", lines)

    def test_two_class_loaders_have_an_engine_each_and_share_the_cache(self) -> None:
        lines = self.read(str(stage.jar), str(stage.jar), main="ReadsByLoaders", class_path=self.without_the_jar())
        found = [line for line in lines if line.startswith("loader ")]
        self.assertEqual(2, len(found), "\n".join(lines))
        self.assertRegex(found[0], r": ForebayInputStream, from the store [1-9]")
        self.assertRegex(found[1], r": ForebayInputStream, from the store 0$")

    def test_two_versions_of_the_jar_live_side_by_side(self) -> None:
        other = stage.scratch / "forebay-9.9.9.jar"
        with zipfile.ZipFile(stage.jar) as jar, zipfile.ZipFile(other, "w") as changed:
            # What follows an ELF file's end is nobody's: another content, the same library.
            library = jar.read(LIBRARY) + b"another version"
            for name in jar.namelist():
                body = jar.read(name)
                if name == LIBRARY:
                    body = library
                elif name == LIBRARY + ".sha256":
                    body = sha256(library).hexdigest().encode() + b"\n"
                elif name.endswith("forebay.properties"):
                    body = b"version=9.9.9\n"
                changed.writestr(name, body)
        lines = self.read(str(stage.jar), str(other), str(stage.jar), main="ReadsByLoaders",
                          class_path=self.without_the_jar())
        found = [line for line in lines if line.startswith("loader ")]
        self.assertEqual(3, len(found), "\n".join(lines))
        self.assertRegex(found[1], r"^loader 2, version 9\.9\.9: ForebayInputStream, from the store 0$")
        for line in (found[0], found[2]):
            self.assertNotIn("9.9.9", line)
            self.assertIn(": ForebayInputStream, ", line)

    def without_the_jar(self) -> str:
        return ":".join(entry for entry in stage.class_path().split(":") if entry != str(stage.jar))

    def test_where_the_temporary_directory_forbids_execution_the_users_cache_holds_the_library(self) -> None:
        noexec, home = self.folder("noexec"), self.folder("home")
        lines = self.read(options=[f"-Djava.io.tmpdir={noexec}", f"-Duser.home={home}"],
                          environment={"XDG_CACHE_HOME": ""},
                          within=mounting(f"mount -t tmpfs -o noexec,mode=0700 none {noexec}"))
        self.assertIn("through the cache: true", lines)
        self.assertTrue(list(home.glob(".cache/forebay-native-*/libforebay-*.so")))

    def test_where_nothing_allows_execution_reads_are_s3as_and_one_warning_says_so(self) -> None:
        noexec = self.folder("noexec-everywhere")
        lines = self.read(options=[f"-Djava.io.tmpdir={noexec}", f"-Duser.home={noexec}"],
                          environment={"XDG_CACHE_HOME": ""},
                          within=mounting(f"mount -t tmpfs -o noexec,mode=0700 none {noexec}"))
        self.assertIn("through the cache: false", lines)
        reason = r"files cannot be executed there \(mounted noexec\?\)"
        self.assertSaid(
            rf"WARN forebay: Forebay is not used: the native library could not be loaded: {noexec}: {reason}; "
            rf"{noexec}/\.cache: {reason}; set fs\.forebay\.native\.dir to a directory of this user on a file system "
            r"that allows execution", lines)

    def test_a_home_that_is_read_only_is_not_needed(self) -> None:
        home = self.folder("read-only-home")
        lines = self.read(options=[f"-Duser.home={home}"], environment={"HOME": str(home), "XDG_CACHE_HOME": ""},
                          within=mounting(f"mount --bind {home} {home}; mount -o remount,bind,ro {home}"))
        self.assertIn("through the cache: true", lines)
        self.assertSaid(r"INFO forebay: cache in use: .*", lines)

    def test_a_cache_in_a_home_that_is_read_only_is_memory_only(self) -> None:
        home = self.folder("read-only-cache")
        lines = self.read(cache=home / "cache",
                          within=mounting(f"mount --bind {home} {home}; mount -o remount,bind,ro {home}"))
        self.assertIn("through the cache: true", lines)
        self.assertSaid(rf"WARN forebay: no cache directory is in use, what is read is kept in memory only: cache "
                        rf"directory {home}/cache: cannot be created \(Read-only file system \(os error 30\)\); name a "
                        rf"local directory that user {os.getuid()} owns, mode 0700", lines)

    def test_a_cache_where_nothing_may_be_written_is_memory_only(self) -> None:
        parent = self.folder("not-writable")
        parent.chmod(0o500)
        self.addCleanup(parent.chmod, 0o700)
        lines = self.read(cache=parent, within=WITHOUT_RIGHTS_OF_ROOT if os.getuid() == 0 else [])
        self.assertIn("through the cache: true", lines)
        self.assertSaid(rf"WARN forebay: no cache directory is in use, what is read is kept in memory only: cache "
                        rf"directory {parent}/forebay-\d+: cannot be created \(Permission denied \(os error 13\)\); name a "
                        rf"local directory that user {os.getuid()} owns, mode 0700", lines)

    def test_a_disk_that_is_full_is_a_miss(self) -> None:
        disk = self.folder("small-disk")
        image = stage.scratch / "disk.img"
        with open(image, "wb") as file:
            file.truncate(8 << 20)
        if shutil.which("mkfs.ext4") is None:
            self.skipTest("there is no mkfs.ext4")
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
        within = mounting(f"mount -o loop {image} {disk}; dd if=/dev/zero of={disk}/full bs=64k 2>&- || true; "
                          f"chmod 0700 {disk}")
        lines = self.read(cache=disk, within=within)
        self.assertIn("through the cache: true", lines)
        self.assertSaid(rf"INFO forebay: cache in use: {disk}/.*", lines)
        self.assertFalse([line for line in lines if line.startswith("WARN forebay")])

    def test_removed_everything_answers_as_before(self) -> None:
        """Written and read through Forebay; then the property goes, and with it the jar."""
        ours = "io.forebay.hadoop.s3a.ForebayS3AFileSystem"
        before = self.read(ours, "write", main="Describes")
        self.assertIn("class ForebayS3AFileSystem", before)
        after = self.read("", "read", main="Describes", class_path=self.without_the_jar())
        self.assertIn("class S3AFileSystem", after)
        described = [line for line in before if line.startswith("s3a://")]
        self.assertEqual(3, len(described), before)
        self.assertEqual(described, [line for line in after if line.startswith("s3a://")])

    def test_a_jar_that_goes_before_its_property_is_a_class_that_is_not_found(self) -> None:
        ours = "io.forebay.hadoop.s3a.ForebayS3AFileSystem"
        with stage.jvm("Describes", "direct", ours, "read", class_path=self.without_the_jar()) as jvm:
            lines = jvm.lines_until()
            self.assertEqual(jvm.process.wait(GUARD_SECONDS), 1, jvm.explain(lines))
            self.assertIn(f"java.lang.ClassNotFoundException: Class {ours} not found", jvm.errors.read_text())

    def folder(self, name: str) -> Path:
        made = stage.scratch / name
        made.mkdir(mode=0o700)
        return made


if __name__ == "__main__":
    unittest.main()
