"""What every run here stands on: an S3 server over a fresh folder, the proxy in front of it, and the jar."""
from __future__ import annotations

import shutil
from pathlib import Path

from application import Setting

import places
from children import Children
from run import build_jar, build_proxy
from s3 import Bucket
from servers import HOST, Keys, Proxy, Store
from sparks import Spark
from terminal import Terminal


class FreshStore(Store):
    """A store whose files go with the run."""

    def _claim(self, kept: Path) -> Path:
        fresh = self.scratch / "store"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        return fresh


class Stage:
    """Started once; each Spark gets a Setting of its own."""

    def __init__(self, children: Children, scratch: Path, terminal: Terminal):
        self.children, self.scratch = children, scratch
        shutil.rmtree(scratch, ignore_errors=True)
        (scratch / "tmp").mkdir(parents=True)
        build_proxy(terminal, children)
        self.jar = build_jar(terminal, children)
        self.keys = Keys()
        store = FreshStore(children, self.keys, "0.01", scratch, scratch)
        with terminal.step("starting the S3 store (SeaweedFS)"):
            store.start()
        bucket = Bucket(HOST, store.port, places.BUCKET, self.keys.access, self.keys.secret)
        bucket.create()
        bucket.close()
        self.proxy = Proxy(children, places.cargo_target() / "release" / "forebay-proxy", store.port, scratch, "none")

    def setting(self, spark: Spark) -> Setting:
        return Setting(self.children, spark, self.proxy.endpoint, self.keys.environment(), self.scratch, self.jar)
