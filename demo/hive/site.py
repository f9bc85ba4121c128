"""The settings of one HiveServer2, as files of the folder that comes first on its class path.

What a setting is for is said where it isn't plain. Secrets are in none of them: Hive takes S3A's keys out
of what its tasks get, so they come by the environment.
"""
from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Dict
from xml.sax.saxutils import escape

import places


@dataclass(frozen=True)
class Site:
    """Where one server keeps things, and what it reads through."""

    folder: Path
    port: int
    endpoint: str
    warehouse: str
    # Further properties: Hive's own go to its file, all others to Hadoop's.
    extra: Dict[str, str]

    def write(self) -> Path:
        """Writes the files; returns their folder."""
        conf = self.folder / "conf"
        for path in (conf, self.folder / "tmp", self.folder / "jobs"):
            path.mkdir(parents=True)
        # Hive demands that all may write its scratch folder.
        (self.folder / "jobs").chmod(0o733)
        hives = {name: value for name, value in self.extra.items() if name.startswith("hive.")}
        write(conf / "core-site.xml", {**hadoop(self), **{name: value for name, value in self.extra.items() if name not in hives}})
        write(conf / "tez-site.xml", tez(self))
        write(conf / "hive-site.xml", {**hive(self), **hives})
        # Hive looks for this name.
        shutil.copyfile(places.DEMO / "log4j2.properties", conf / "hive-log4j2.properties")
        return conf


def hadoop(site: Site) -> Dict[str, str]:
    return {
        "fs.defaultFS": "file:///",
        "hadoop.tmp.dir": str(site.folder / "tmp"),
        "fs.s3a.endpoint": site.endpoint,
        "fs.s3a.path.style.access": "true",
        "fs.s3a.connection.ssl.enabled": "false",
    }


def tez(site: Site) -> Dict[str, str]:
    return {
        "tez.local.mode": "true",
        "tez.local.mode.without.network": "true",
        "tez.runtime.optimize.local.fetch": "true",
        "tez.ignore.lib.uris": "true",
        "tez.staging-dir": str(site.folder / "tmp" / "tez"),
        # Two tasks at once in one JVM lose rows of a Parquet scan, with stock S3A too.
        "tez.am.inline.task.execution.max-tasks": "1",
    }


def hive(site: Site) -> Dict[str, str]:
    return {
        "hive.server2.thrift.bind.host": "127.0.0.1",
        "hive.server2.thrift.port": str(site.port),
        "hive.server2.webui.port": "0",
        "hive.server2.enable.doAs": "false",
        "hive.server2.logging.operation.enabled": "false",
        "hive.server2.tez.initialize.default.sessions": "false",
        "hive.execution.engine": "tez",
        "hive.llap.execution.mode": "none",
        # Unset, Hive 3 counts the tasks that fit into local mode's memory by dividing by -1.
        "hive.tez.container.size": "512",
        "hive.scheduled.queries.executor.enabled": "false",
        # The metastore is in the server, its database in a folder, its tables made as they are first needed.
        "javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={site.folder / 'metastore'};create=true",
        "datanucleus.schema.autoCreateAll": "true",
        "hive.metastore.schema.verification": "false",
        "hive.metastore.warehouse.dir": site.warehouse,
        "hive.metastore.warehouse.external.dir": f"{site.warehouse}-external",
        "hive.exec.scratchdir": (site.folder / "jobs").as_uri(),
        "hive.exec.local.scratchdir": str(site.folder / "tmp" / "local"),
        "hive.downloaded.resources.dir": str(site.folder / "tmp" / "resources"),
        "hive.txn.manager": "org.apache.hadoop.hive.ql.lockmgr.DummyTxnManager",
        "hive.support.concurrency": "false",
        "hive.exec.dynamic.partition.mode": "nonstrict",
        # One form of plans, whatever the version's default.
        "hive.explain.user": "false",
        # Every select is to read its table, by a task: not a result kept in memory, not the metastore's
        # statistics, not the server itself.
        "hive.query.results.cache.enabled": "false",
        "hive.compute.query.using.stats": "false",
        "hive.fetch.task.conversion": "none",
    }


def write(path: Path, settings: Dict[str, str]) -> None:
    lines = [f" <property><name>{escape(name)}</name><value>{escape(value)}</value></property>"
             for name, value in settings.items()]
    path.write_text("\n".join(["<configuration>", *lines, "</configuration>", ""]))
