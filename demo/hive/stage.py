"""The store and the proxy of a Hive run: empty at its begin, gone at its end."""
from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Dict

import places
from children import Children
from hive.films import Size, landing
from s3 import Bucket
from servers import HOST, Keys, Proxy, Store


class PassingStore(Store):
    """A store whose files are this run's own: what Hive writes is not to be found by the next."""

    def _claim(self, kept: Path) -> Path:
        fresh = self.scratch / "store"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        return fresh


@dataclass(frozen=True)
class Stage:
    """What a server needs to know of its surroundings."""

    keys: Keys
    store: Store
    proxy: Proxy

    def land(self, size: Size, *roots: str) -> int:
        """Puts the same files below each of the prefixes; returns how many."""
        files = {f"{root}/landing/{key}": body for root in roots for key, body in landing(size).items()}
        self.put(files)
        return len(files)

    def put(self, files: Dict[str, bytes]) -> None:
        """Writes objects past the proxy, as somebody elsewhere would."""
        bucket = Bucket(HOST, self.store.port, places.BUCKET, self.keys.access, self.keys.secret)
        bucket.create()
        for key, body in files.items():
            bucket.put(key, body)
        bucket.close()


def build(children: Children, scratch: Path, logs: Path, shape: str) -> Stage:
    keys = Keys()
    # The scale factor names a folder that this store doesn't use.
    store = PassingStore(children, keys, "1", scratch, logs)
    store.start()
    binary = places.cargo_target() / "release" / "forebay-proxy"
    return Stage(keys, store, Proxy(children, binary, store.port, logs, shape))


def root_of(key: str) -> str:
    return f"s3a://{places.BUCKET}/{key}"
