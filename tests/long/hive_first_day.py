#!/usr/bin/env python3
"""The first day of a Hive user on a real HiveServer2 with Tez: stock S3A is the control for Forebay.

    HIVE=3.1.3 tests/long/hive_first_day.py     one version; without HIVE, both

Not part of `make test`: it wants 600 MB of jars and four minutes for each version. `make test-hive` runs it.
"""
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
CLONE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(CLONE / "demo"))

import places  # noqa: E402
from children import Children  # noqa: E402
from hive import films, passes, stage, versions  # noqa: E402
from hive.server import OVERLAY, HiveServer, Setting  # noqa: E402
from hive.session import Session, StatementFailed  # noqa: E402
from run import build_jar, build_proxy  # noqa: E402
from terminal import Terminal  # noqa: E402

CHOSEN = (os.environ.get("HIVE") or ",".join(versions.ALL)).split(",")
ORIGINS = {"direct": "reads directly", "delegate": "reads through S3A"}
REFUSED = "Forebay was loaded by a Hive session's own class loader"


class OnHive(unittest.TestCase):
    """A store, a proxy and compiled classes for one version of Hive; kept for all tests of a class."""

    hive = "4.0.1"

    @classmethod
    def setUpClass(cls):
        if cls.hive not in CHOSEN:
            raise unittest.SkipTest(f"HIVE={','.join(CHOSEN)}")
        cls.terminal = Terminal(sys.stderr)
        cls.version = versions.ALL[cls.hive]
        cls.scratch = Path(tempfile.mkdtemp(prefix="forebay-hive-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        cls.logs = cls.scratch / "logs"
        for name in ("logs", "tmp", "cache-direct", "cache-delegate"):
            (cls.scratch / name).mkdir(mode=0o700)
        cls.children = Children()
        cls.children.__enter__()
        cls.addClassCleanup(cls.children.__exit__)
        build_proxy(cls.terminal, cls.children)
        given = os.environ.get("FOREBAY_JAR")
        cls.jar = Path(given) if given else build_jar(cls.terminal, cls.children)
        versions.fetch(cls.version)
        versions.compile_classes(cls.version, cls.scratch / "classes")
        cls.stage = stage.build(cls.children, cls.scratch, cls.logs, "none")
        cls.arrange()

    @classmethod
    def arrange(cls):
        """What a class runs before its tests look at it."""

    @classmethod
    def setting(cls, key, **changes):
        return Setting(key, cls.version, cls.stage.proxy.endpoint, cls.stage.keys.environment(), **changes)


class FirstDay(OnHive):
    """Three servers, one after the other, over the same files: stock, direct, delegate."""

    @classmethod
    def arrange(cls):
        cls.stage.land(films.TINY, "stock", "direct", "delegate")
        cls.ended = {"stock": cls.run_server(cls.setting("stock"))}
        for origin in ORIGINS:
            extra = {"fs.forebay.origin": origin, "fs.forebay.cache.dirs": str(cls.scratch / f"cache-{origin}"),
                     "fs.forebay.cache.size": "1GB"}
            cls.ended[origin] = cls.run_server(cls.setting(origin, jar=cls.jar, extra=extra))

    @classmethod
    def run_server(cls, setting):
        return passes.run_server(setting, films.TINY, cls.stage, cls.terminal, cls.children, cls.scratch)

    def test_every_answer_equals_the_control_s(self):
        for origin in ORIGINS:
            with self.subTest(origin=origin):
                cold, warm = self.ended[origin]
                passes.judge([*self.ended["stock"], cold, warm])
                self.assertEqual((cold["unequal_queries"], warm["unequal_queries"]), ([], []))
                self.assertGreater(len(cold["queries"]), 50)

    def test_warm_scans_ask_the_store_for_no_body(self):
        self.assertGreater(self.ended["stock"][1]["requests"]["GET"], 0, "the control reads nothing either")
        for origin in ORIGINS:
            with self.subTest(origin=origin):
                warm = self.ended[origin][1]
                self.assertEqual((warm["requests"]["GET"], warm["proxy_bytes"]), (0, 0))
                self.assertGreater(warm["bytes"]["ssd"], 0)

    def test_writing_and_listing_are_s3a_s_own(self):
        stock = self.ended["stock"][0]["requests"]
        for origin in ORIGINS:
            with self.subTest(origin=origin):
                cold = self.ended[origin][0]["requests"]
                self.assertEqual((cold["PUT"], cold["LIST"]), (stock["PUT"], stock["LIST"]))
                self.assertLessEqual(cold["HEAD"], stock["HEAD"])

    def test_each_server_read_the_way_it_was_told(self):
        for origin, said in ORIGINS.items():
            with self.subTest(origin=origin):
                log = (self.logs / f"hive-{origin}.log").read_text(errors="replace")
                self.assertIn(f"forebay: s3a://{places.BUCKET} {said}", log)
                self.assertNotIn("Forebay is not used", log)


class FirstDayOnHive3(FirstDay):
    hive = "3.1.3"


class SessionLoaders(OnHive):
    """The jar in a session's own class loader: the server's own reads go on through S3A, and a warning says why."""

    @classmethod
    def arrange(cls):
        cls.stage.land(films.TINY, "loaders")

    def test_auxiliary_jars_and_add_jar_degrade_with_a_warning(self):
        ways = {"auxiliary": ({"hive.aux.jars.path": self.jar.as_uri()}, []), "added": ({}, [f"add jar {self.jar}"])}
        for way, (extra, before) in ways.items():
            with self.subTest(way=way):
                log = self.degrade(way, extra, before)
                self.assertIn(REFUSED, log)
                self.assertIn("HIVE_AUX_JARS_PATH", log)

    def degrade(self, way, extra, before):
        local = (self.scratch / way / "warehouse").as_uri()
        server = HiveServer(self.children, self.setting(way, extra=extra, warehouse=local), self.scratch, self.logs)
        with server, Session(self.children, server, self.logs) as session:
            for sql in (*before, f"set fs.s3a.impl={OVERLAY}", "set hive.fetch.task.conversion=more"):
                session.run(sql)
            session.run("create external table users (id int, age int, gender string, occupation string, zip string) "
                        f"row format delimited fields terminated by '|' location '{stage.root_of('loaders')}/landing/users'")
            # The server's own process reads; the file system is one that no other session has opened.
            self.assertEqual(len(session.run("select * from users limit 7").rows), 7)
            # Tez looks for the class where the jar isn't: a failed query that names it, never a wrong answer.
            with self.assertRaisesRegex(StatementFailed, f"ClassNotFoundException.*{OVERLAY}"):
                session.run("select count(*) from users")
        return server.log.read_text(errors="replace")


if __name__ == "__main__":
    unittest.main(verbosity=2)
