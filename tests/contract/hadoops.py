"""The Hadoop versions, and the jars that each needs.

A version's jars are fetched once, into the user cache folder. For Hadoop 3.4 that is the modules of the AWS
SDK v2 that S3A uses (60 MB where the bundle would be 550 MB). Hadoop 3.3's SDK v1 comes as a bundle only,
and the demo's set-up has it already; S3A 3.3.6 asks for a later one of the same line and runs on this.
"""
from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import List, Tuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent / "scripts"), str(HERE.parent.parent / "demo")]
import places  # noqa: E402
import setup  # noqa: E402
from terminal import Terminal  # noqa: E402

SUITES = ("Open", "Seek", "VectoredRead", "Unbuffer", "GetFileStatus", "Etag", "StreamIOStatistics")
# What is S3A's own in an overlay. The last one empties its bucket.
WRITING = ("Create", "Delete", "Mkdir", "Rename", "ContentSummary", "CopyFromLocal", "MultipartUploader", "BulkDelete",
           "RootDirectory")


@dataclass(frozen=True)
class Hadoop:
    """One version. `sdk_v2` is empty where S3A still uses the SDK v1; `lacks` are suites it doesn't have yet."""

    version: str
    sdk_v2: str = ""
    accelerator: str = ""
    lacks: Tuple[str, ...] = ()
    # What its tests are written with, and the oldest Java that runs them.
    junit: str = "junit4"
    release: str = "8"

    @property
    def suites(self) -> List[str]:
        return [suite for suite in SUITES if suite not in self.lacks]

    @property
    def all_suites(self) -> List[str]:
        return [suite for suite in (*SUITES, *WRITING) if suite not in self.lacks]

    @property
    def folder(self) -> Path:
        sdk = f"-sdk-{self.sdk_v2}" if self.sdk_v2 else ""
        return places.user_cache() / "jars" / f"contract-hadoop-{self.version}{sdk}"

    def class_path(self) -> List[Path]:
        bundle = [] if self.sdk_v2 else sorted(places.jars().glob("aws-java-sdk-bundle-*.jar"))
        return [*sorted(self.folder.glob("*.jar")), *bundle]

    def class_path_without_s3a(self) -> List[Path]:
        """What a file system of its own needs: Hadoop, without hadoop-aws and any SDK of AWS."""
        theirs = ("hadoop-aws-", "aws-", "s3-", "sts-", "analyticsaccelerator")
        return [jar for jar in self.class_path() if not jar.name.startswith(theirs)]

    def fetch(self, terminal: Terminal) -> None:
        """Fetches what is missing; ends at once if nothing is."""
        with setup.one_at_a_time(terminal):
            if not self.sdk_v2:
                setup.jars(terminal)
            setup.folder_once(terminal, self.folder, f"fetching Hadoop {self.version} and its contract suites (60 MB)",
                              self._fetch_into)

    def _fetch_into(self, into: Path) -> None:
        state = into.parent / (into.name + "-gradle")
        try:
            setup.run(f"contract-{self.version}", [
                "gradle", "--no-daemon", "-q", "-p", str(HERE / "jars"), "--project-cache-dir", str(state), "fetch",
                f"-Phadoop={self.version}", f"-Pinto={into}", *([f"-PawsSdk={self.sdk_v2}"] if self.sdk_v2 else []),
                *([f"-Paccelerator={self.accelerator}"] if self.accelerator else []), f"-Pjunit={self.junit}"])
        finally:
            shutil.rmtree(state, ignore_errors=True)


HADOOPS = {hadoop.version: hadoop for hadoop in (
    Hadoop("3.3.4", lacks=("VectoredRead", "ContentSummary", "BulkDelete")),
    Hadoop("3.3.6", lacks=("BulkDelete",)),
    Hadoop("3.4.1", sdk_v2="2.24.6"),
    Hadoop("3.4.3", sdk_v2="2.35.4", accelerator="1.3.1"),
    Hadoop("3.5.0", sdk_v2="2.35.4", accelerator="1.3.1", junit="junit5", release="17"),
)}
