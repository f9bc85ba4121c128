"""The S3 server and the proxy in front of it, both on loopback and on ports that were free.

SeaweedFS holds the bucket; its files stay in the user cache folder, so that a second demo finds the data
already there (every object is compared by length and MD5, and what differs is uploaded again). The proxy
of forebay-testkit shapes the store like one in a cloud and counts requests and bytes.
"""
from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Dict, List, Optional

import places
from children import Children
from s3 import Bucket

HOST = "127.0.0.1"
START_SECONDS = 60
DATA_FILES = (".parquet", ".orc", ".txt", ".bin")
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ServerFailed(Exception):
    """A server did not come up; the message names its log."""


@dataclass
class Keys:
    """Random credentials of one run; they travel by environment and by one private file only."""

    access: str = field(default_factory=lambda: secrets.token_hex(10))
    secret: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)

    def environment(self) -> Dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": self.access, "AWS_SECRET_ACCESS_KEY": self.secret}


class Store:
    """SeaweedFS over one private folder."""

    # Of 128 MB each: room for TPC-H at scale factor 1 and for what demos write.
    VOLUMES = 40

    def __init__(self, children: Children, keys: Keys, scale_factor: str, scratch: Path, logs: Path):
        self.children, self.keys = children, keys
        self.scratch, self.log = scratch, logs / "seaweedfs.log"
        self.port = 0
        self._lock: Optional[IO[str]] = None
        self.folder = self._claim(places.store(scale_factor))

    def _claim(self, kept: Path) -> Path:
        """The kept folder if no other demo uses it now, else a fresh one of this run."""
        kept.mkdir(parents=True, exist_ok=True)
        lock = open(kept / "in-use.lock", "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            fresh = self.scratch / "store"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            return fresh
        self._lock = lock
        return kept

    def start(self) -> None:
        config = self.scratch / "s3.json"
        credentials = [{"accessKey": self.keys.access, "secretKey": self.keys.secret}]
        write_private(config, json.dumps({"identities": [
            {"name": "demo", "credentials": credentials, "actions": ["Admin", "Read", "List", "Tagging", "Write"]}]}))
        # A port found free may be taken before the server binds it: seldom, so another try settles it.
        for attempt in range(3):
            if self._start_once(config):
                return
        raise ServerFailed(f"the S3 server did not start; see {self.log}")

    def _start_once(self, config: Path) -> bool:
        # Each service also wants a gRPC port, by default 10000 above its own, which may be out of range.
        master, master_rpc, volume, volume_rpc, filer, filer_rpc, self.port, s3_rpc = free_ports(8)
        sockets = [f"/tmp/seaweedfs-{service}-grpc-{port}.sock" for service, port in
                   (("master", master_rpc), ("volume", volume_rpc), ("filer", filer_rpc), ("s3", s3_rpc))]
        command = [
            str(places.venv() / "bin" / "weed"), f"-logdir={self.log.parent}", "server", f"-dir={self.folder}",
            f"-ip={HOST}", f"-ip.bind={HOST}", f"-master.port={master}", f"-master.port.grpc={master_rpc}",
            f"-volume.port={volume}", f"-volume.port.grpc={volume_rpc}",
            "-filer", f"-filer.port={filer}", f"-filer.port.grpc={filer_rpc}",
            "-s3", f"-s3.port={self.port}", f"-s3.port.grpc={s3_rpc}", f"-s3.config={config}", "-s3.port.iceberg=0",
            "-s3.port.lance=0", f"-volume.max={self.VOLUMES}", "-master.volumeSizeLimitMB=128", "-master.telemetry=false",
            "-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock",
        ]
        self._sweep()
        self._sockets.write_text("\n".join(sockets))
        with open(self.log, "ab") as log:
            # Its polite end takes 25 s; its files are as whole after a kill, since the system has every write.
            self._process = self.children.start(command, end_by=signal.SIGKILL, afterwards=self._sweep,
                                                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.scratch)
        if self._ready():
            return True
        self.children.end(self._process)
        return False

    @property
    def _sockets(self) -> Path:
        """Names of the sockets that SeaweedFS puts into /tmp, where no flag can move them."""
        return self.scratch / "sockets.txt"

    def _sweep(self) -> None:
        """Removes the sockets of a server that has ended, also of one whose demo was killed."""
        for path in (*self.scratch.glob("*.sock"), *(self._sockets.read_text().split() if self._sockets.exists() else [])):
            Path(path).unlink(missing_ok=True)
        self._sockets.unlink(missing_ok=True)

    def _ready(self) -> bool:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with LOCAL.open(f"http://{HOST}:{self.port}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return True
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.1)
        return False

    def load(self, data: Path, prefix: str) -> int:
        """Brings every file below `data` to the bucket; returns how many had to be sent."""
        bucket = Bucket(HOST, self.port, places.BUCKET, self.keys.access, self.keys.secret)
        bucket.create()
        present = bucket.objects(prefix + "/")
        sent = 0
        for file in sorted(found for found in data.rglob("*") if found.suffix in DATA_FILES):
            key = f"{prefix}/{file.relative_to(data).as_posix()}"
            body = file.read_bytes()
            if present.get(key) != (len(body), hashlib.md5(body).hexdigest()):
                bucket.put(key, body)
                sent += 1
        bucket.close()
        return sent


class Proxy:
    """forebay-proxy: shape, count. It ends by itself when its standard input closes."""

    def __init__(self, children: Children, binary: Path, upstream: int, logs: Path, shape: str = "cloud"):
        with open(logs / "proxy.log", "ab") as log:
            self._process = children.start(
                [str(binary), "--upstream", f"http://{HOST}:{upstream}", "--port", "0", "--control-port", "0",
                 "--shape", shape, "--until-stdin-closes"], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log)
        line = self._process.stdout.readline()
        try:
            self.ports = json.loads(line)
        except ValueError:
            raise ServerFailed(f"the proxy did not start; see {logs / 'proxy.log'}") from None

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.ports['port']}"

    @property
    def control(self) -> str:
        return f"http://{HOST}:{self.ports['control']}"


def free_ports(count: int) -> List[int]:
    """Distinct ports that nobody listens on at this moment."""
    sockets = []
    try:
        for _ in range(count):
            probe = socket.socket()
            probe.bind((HOST, 0))
            sockets.append(probe)
        return [probe.getsockname()[1] for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
