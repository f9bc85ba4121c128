#!/usr/bin/env python3
"""The first day of a Hive user on a real HiveServer2 with Tez: stock S3A is the control for Forebay.

    HIVE=3.1.3 tests/long/hive_first_day.py     one version; without HIVE, both

Not part of `make test`: it wants 600 MB of jars and five minutes for each version. `make test-hive` runs it.
"""
import os
import shutil
import sys
import tempfile
import unittest
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.dont_write_bytecode = True
CLONE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(CLONE / "demo"))

import job  # noqa: E402
import places  # noqa: E402
from children import Children  # noqa: E402
from hive import films, passes, stage, versions  # noqa: E402
from hive.server import OVERLAY, HiveServer, Setting  # noqa: E402
from hive.session import Session, StatementFailed  # noqa: E402
from run import build_jar, build_proxy  # noqa: E402
from terminal import Terminal  # noqa: E402

CHOSEN = (os.environ.get("HIVE") or ",".join(versions.ALL)).split(",")
ORIGINS = {"direct": "reads directly", "delegate": "reads through S3A"}
# More streams than a query has open at any time.
ROUNDS = 12
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
        versions.fetch(cls.version, cls.children)
        versions.compile_classes(cls.version, cls.scratch / "classes")
        cls.stage = stage.build(cls.children, cls.scratch, cls.logs, "none")
        cls.arrange()

    @classmethod
    def arrange(cls):
        """What a class runs before its tests look at it."""

    @classmethod
    def setting(cls, key, **changes):
        return Setting(key, cls.version, cls.stage.proxy.endpoint, cls.stage.keys.environment(), **changes)


def by_origin(tests):
    """Makes of each method `check_x(self, origin)` of a class the tests `test_x_direct` and `test_x_delegate`."""
    for name, check in list(vars(tests).items()):
        if name.startswith("check_"):
            for origin in ORIGINS:
                setattr(tests, f"test_{name[6:]}_{origin}", lambda self, check=check, origin=origin: check(self, origin))
    return tests


@by_origin
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

    def check_every_answer_equals_the_control_s(self, origin):
        cold, warm = self.ended[origin]
        passes.judge([*self.ended["stock"], cold, warm])
        self.assertEqual((cold["unequal_queries"], warm["unequal_queries"]), ([], []))
        self.assertGreater(len(cold["queries"]), 50)

    def check_warm_scans_ask_the_store_for_no_body(self, origin):
        self.assertGreater(self.ended["stock"][1]["requests"]["GET"], 0, "the control reads nothing either")
        warm = self.ended[origin][1]
        self.assertEqual((warm["requests"]["GET"], warm["proxy_bytes"]), (0, 0))
        self.assertGreater(warm["bytes"]["ssd"], 0)

    def check_writing_and_listing_are_s3a_s_own(self, origin):
        stock, cold = self.ended["stock"][0]["requests"], self.ended[origin][0]["requests"]
        self.assertEqual((cold["PUT"], cold["LIST"]), (stock["PUT"], stock["LIST"]))

    def check_a_task_asks_once_for_a_file(self, origin):
        for stock, ours in zip(self.ended["stock"], self.ended[origin]):
            self.assertLess(ours["requests"]["HEAD"], stock["requests"]["HEAD"])
            self.assertGreater(ours["counters"]["status.confirmed-before"], 0)

    def check_the_server_reads_the_way_it_was_told(self, origin):
        log = (self.logs / f"hive-{origin}.log").read_text(errors="replace")
        self.assertIn(f"forebay: s3a://{places.BUCKET} {ORIGINS[origin]}", log)
        self.assertNotIn("Forebay is not used", log)


class FirstDayOnHive3(FirstDay):
    hive = "3.1.3"


class LongLived(OnHive):
    """What a server meets that runs for months beside other writers."""

    @classmethod
    def arrange(cls):
        cls.stage.land(films.TINY, "months")
        cls.root = stage.root_of("months")
        extra = {"fs.forebay.cache.dirs": str(cls.scratch / "cache-direct"), "fs.forebay.cache.size": "1GB"}
        server = HiveServer(cls.children, cls.setting("months", jar=cls.jar, extra=extra), cls.scratch, cls.logs)
        open_now = ExitStack()
        cls.addClassCleanup(open_now.close)
        cls.server = open_now.enter_context(server)
        cls.session = open_now.enter_context(Session(cls.children, server, cls.logs))

    def test_what_was_written_elsewhere_between_two_queries_is_seen(self):
        self.session.run(f"create external table notes (text string) stored as textfile location '{self.root}/notes'")
        # Of one length, and within one second: only the ETag tells them apart.
        for text in ("first", "other", "third"):
            self.stage.put({"months/notes/one.txt": f"{text}\n".encode()})
            for _ in range(2):
                self.assertEqual(self.session.run("select max(text), count(*) from notes").rows, [[text, 1]])

    def test_a_task_asks_once_for_a_file_and_at_every_open_if_told_so(self):
        self.session.run("create table asked stored as parquet as select 1 as one")
        heads = {}
        for freshness in ("task", "open"):
            self.session.run(f"set fs.forebay.freshness={freshness}")
            job.ask(self.stage.proxy.control, f"/reset?pass={freshness}", method="POST")
            self.assertEqual(self.session.run("select sum(one) from asked").rows, [[1]])
            heads[freshness] = job.settled(self.stage.proxy.control)["requests"]["HEAD"]
        self.session.run("set fs.forebay.freshness=task")
        self.assertLess(heads["task"], heads["open"])

    def test_open_streams_do_not_pile_up(self):
        """Over many plans and tasks of an ORC table. That a dropped stream is closed is DroppedStreamsTest's to show."""
        self.session.run("create table planned stored as orc as select 1 as one")
        before = self.server.collected()["file.open"]
        for _ in range(ROUNDS):
            self.assertEqual(self.session.run("select sum(one) from planned").rows, [[1]])
        for _ in range(ROUNDS):
            # What is collected is closed by a later open.
            self.server.collected()
            self.session.run("select sum(one) from planned")
            if self.server.counters()["file.open"] <= before + 1:
                return
        self.fail(f"{self.server.counters()['file.open']} streams are open, {before} were")


class LongLivedOnHive3(LongLived):
    hive = "3.1.3"


class SessionLoaders(OnHive):
    """The jar in a session's own class loader: the server's own reads go on through S3A, and a warning says why."""

    @classmethod
    def arrange(cls):
        cls.stage.land(films.TINY, "loaders")

    def test_a_jar_of_hive_aux_jars_path_degrades_with_a_warning(self):
        self.degrade("auxiliary", {"hive.aux.jars.path": self.jar.as_uri()}, [])

    def test_an_added_jar_degrades_with_a_warning(self):
        self.degrade("added", {}, [f"add jar {self.jar}"])

    def test_the_class_path_goes_before_hive_aux_jars_path(self):
        """HIVE_AUX_JARS_PATH is both at once: Hive's start script puts its jars on the class path and names them too."""
        extra = {"hive.aux.jars.path": self.jar.as_uri(), "fs.forebay.cache.dirs": str(self.scratch / "cache-direct"),
                 "fs.forebay.cache.size": "1GB"}
        with self.session("both", jar=self.jar, extra=extra) as session:
            self.check_own_reads(session)
            self.assertEqual(session.run("select count(*) from users").rows, [[films.TINY.users]])
        log = self.log("both")
        self.assertIn(f"forebay: s3a://{places.BUCKET} {ORIGINS['direct']}", log)
        self.assertNotIn("Forebay is not used", log)

    def degrade(self, way, extra, before):
        with self.session(way, extra=extra) as session:
            for sql in (*before, f"set fs.s3a.impl={OVERLAY}"):
                session.run(sql)
            self.check_own_reads(session)
            # Tez looks for the class where the jar isn't: a failed query that names it, never a wrong answer.
            with self.assertRaisesRegex(StatementFailed, f"ClassNotFoundException.*{OVERLAY}"):
                session.run("select count(*) from users")
        self.assertIn(REFUSED, self.log(way))
        self.assertIn("HIVE_AUX_JARS_PATH", self.log(way))

    @contextmanager
    def session(self, way, **changes):
        local = (self.scratch / way / "warehouse").as_uri()
        server = HiveServer(self.children, self.setting(way, warehouse=local, **changes), self.scratch, self.logs)
        with server, Session(self.children, server, self.logs) as session:
            yield session

    def check_own_reads(self, session):
        """A select that the server answers itself, through a file system that no other session has opened."""
        session.run("set hive.fetch.task.conversion=more")
        session.run("create external table users (id int, age int, gender string, occupation string, zip string) "
                    f"row format delimited fields terminated by '|' location '{stage.root_of('loaders')}/landing/users'")
        rows = session.run("select * from users").rows
        self.assertEqual(sorted("|".join(map(str, row)) for row in rows), sorted(films.users(films.TINY)))

    def log(self, way):
        return (self.logs / f"hive-{way}.log").read_text(errors="replace")


class SessionLoadersOnHive3(SessionLoaders):
    hive = "3.1.3"


if __name__ == "__main__":
    unittest.main(verbosity=2)
