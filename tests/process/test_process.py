"""What Forebay does to the process it lives in: it lets it end, it leaves no thread and no descriptor behind."""
from __future__ import annotations

import subprocess
import time
import unittest
import zipfile
from pathlib import Path

from stage import Stage

# How long after `main` a JVM may still run.
END_SECONDS = 5
CLOSE_ON_EXEC = 0o2000000
# Workers go after 30 s without work; the guard leaves a loaded machine as much again.
IDLE_GUARD_SECONDS = 60

stage: Stage


def setUpModule() -> None:
    global stage
    stage = Stage()


def tearDownModule() -> None:
    stage.close()


class ProcessTest(unittest.TestCase):
    def tearDown(self) -> None:
        stage.shape()

    def test_a_jvm_ends_with_streams_open_and_the_direct_origin_fetching_ahead(self) -> None:
        self.ends_with_streams_open("direct")

    def test_a_jvm_ends_with_streams_open_and_the_delegate_origin_reading_ahead(self) -> None:
        self.ends_with_streams_open("delegate")

    def ends_with_streams_open(self, origin: str) -> None:
        # A piece of look-ahead takes many seconds at this speed, so it is under way when main returns.
        stage.shape(first_byte_ms=30, mb_per_s=1)
        with stage.jvm("LeavesStreamsOpen", origin) as jvm:
            lines = jvm.lines_until("main returns")
            returned = time.monotonic()
            self.assertEqual(lines[-1:], ["main returns"], jvm.explain(lines))
            self.assertRegex(lines[0], "^under way [1-9]")
            if origin == "delegate":
                self.assertRegex(lines[0], " [1-9][0-9]* workers$")
            try:
                code = jvm.process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.fail(f"it still runs {END_SECONDS} s after main returned\n{stacks(jvm.process.pid)}")
            self.assertEqual(code, 0, jvm.explain(lines))
            print(f"{origin}: {lines[0]}; ended {time.monotonic() - returned:.2f} s after main returned")

    def test_the_jar_s_library_can_inject_no_faults(self) -> None:
        # The tests' build of the cache and the product's lie in one target folder.
        with zipfile.ZipFile(stage.jar) as jar:
            libraries = [jar.read(name) for name in jar.namelist() if name.endswith(".so")]
        self.assertTrue(libraries)
        for library in libraries:
            self.assertIn(b"a cached cell failed its check", library)
            self.assertNotIn(b"misdirected-write", library)

    def test_idle_workers_go(self) -> None:
        with stage.jvm("IdlesAfterWork", "delegate", str(IDLE_GUARD_SECONDS)) as jvm:
            lines = jvm.lines_until()
            self.assertEqual(jvm.process.wait(), 0, jvm.explain(lines))
        most, left = [line for line in lines if " workers " in line]
        self.assertRegex(most, "^most workers [1-9]", "nobody worked, so nothing was shown")
        self.assertRegex(left, "^left workers 0 ")
        print(f"{most}; {left}")

    def test_a_child_process_inherits_no_descriptor_of_ours(self) -> None:
        for origin in ("direct", "delegate"):
            with self.subTest(origin):
                self.inherits_nothing(origin)

    def inherits_nothing(self, origin: str) -> None:
        cache = stage.fresh_cache()
        with stage.jvm("StartsAChild", origin, cache=cache) as jvm:
            lines = jvm.lines_until("look")
            self.assertEqual(lines[-1:], ["look"], jvm.explain(lines))
            inherited = [line for line in lines if line.startswith("child ")]
            self.assertTrue(any("/proc/" in line for line in inherited), jvm.explain(lines))
            self.assertFalse([line for line in inherited if str(cache) in line])
            # Java closes descriptors before it executes a child; what other libraries fork does not.
            ours = descriptors(jvm.process.pid, cache)
            self.assertTrue(any(str(cache) in target for _, target, _ in ours), "no file of the cache was open")
            self.assertEqual([one for one in ours if not one[2] & CLOSE_ON_EXEC], [])
            jvm.process.stdin.close()
            self.assertEqual(jvm.process.wait(), 0, jvm.explain(lines))
            print(f"{origin}: {len(ours)} descriptors of ours, all closed on exec")


def descriptors(process: int, cache: Path):
    """Number, target and flags of a process's descriptors into the cache, and of its event queues."""
    found = []
    for link in Path(f"/proc/{process}/fd").iterdir():
        try:
            target = str(link.readlink())
            if target.startswith((str(cache), "anon_inode:")):
                facts = Path(f"/proc/{process}/fdinfo/{link.name}").read_text()
                found.append((link.name, target, int(facts.split("flags:")[1].split()[0], 8)))
        except FileNotFoundError:
            continue
    return found


def stacks(process: int) -> str:
    return subprocess.run(["jstack", str(process)], capture_output=True, text=True, timeout=30, check=False).stdout
