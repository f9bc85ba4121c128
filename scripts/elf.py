"""What a shared library asks of the machine that loads it, as binutils' readelf tells it."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import List, Tuple

# CentOS 7's glibc: older than any that a supported EMR, Amazon Linux 2, RHEL 8, Debian or Ubuntu has.
OLDEST_GLIBC = (2, 17)
# What every glibc system brings; libgcc_s and libstdc++ are not among them.
USUAL = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "ld-linux-x86-64.so.2",
         "ld-linux-aarch64.so.1"}


def readelf(library: Path, *options: str) -> str:
    return subprocess.run(["readelf", "--wide", *options, str(library)], check=True, stdout=subprocess.PIPE, text=True,
                          env={"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"}).stdout


def versions(library: Path) -> List[Tuple[str, Tuple[int, ...]]]:
    """The symbol versions it needs, as in ("GLIBC", (2, 17))."""
    needs = readelf(library, "--version-info").partition("Version needs section")[2]
    found = set(re.findall(r"Name: ([A-Za-z_]+)_(\d[\d.]*)\b", needs))
    return sorted((name, tuple(map(int, version.split(".")))) for name, version in found)


def libraries(library: Path) -> List[str]:
    return re.findall(r"\(NEEDED\)\s+Shared library: \[(.+?)\]", readelf(library, "--dynamic"))


def exported(library: Path) -> List[str]:
    """The symbols it offers to others."""
    rows = (line.split() for line in readelf(library, "--dyn-syms").splitlines())
    return sorted(row[7].partition("@")[0] for row in rows
                  if len(row) >= 8 and row[4] in ("GLOBAL", "WEAK") and row[6] != "UND" and row[6] != "Ndx")


def complaints(library: Path) -> List[str]:
    """Why it would not load on an old system, or should not be published; nothing where all is well."""
    wrong = []
    for name, version in versions(library):
        if name != "GLIBC" or version > OLDEST_GLIBC:
            wrong.append(f"it needs {name}_{'.'.join(map(str, version))}")
    wrong += [f"it needs {needed}" for needed in libraries(library) if needed not in USUAL]
    dynamic = readelf(library, "--dynamic")
    if not re.search(r"\(FLAGS_1\).*NODELETE", dynamic):
        wrong.append("a JVM could unload it while its threads run (-z nodelete is missing)")
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        wrong.append("it looks for libraries in folders of the machine that built it")
    if ".symtab" in readelf(library, "--sections"):
        wrong.append("it is not stripped")
    strange = [name for name in exported(library) if not name.startswith("Java_io_forebay_") and name != "JNI_OnLoad"]
    if strange:
        wrong.append(f"it exports {', '.join(strange[:5])}")
    return wrong
