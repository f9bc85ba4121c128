#!/usr/bin/env python3
"""Builds what people download, into target/dist: the jar, its sources, a POM, a bill of materials, checksums.

    scripts/dist.py              builds it, and tries the jar
    scripts/dist.py --check      builds it twice, in different folders, and compares every byte

The jar holds a native library for each platform of PLATFORMS whose Rust target is installed, linked by zig against
glibc 2.17. Everything is built from a copy of the tracked files, so that nothing else can get in; paths of this
machine are mapped away, so that two machines build the same bytes with the same Rust, Java and zig.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Dict, List

SCRIPTS = Path(__file__).resolve().parent
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS.parent / "demo")]
import crates  # noqa: E402
import elf  # noqa: E402
import places  # noqa: E402
import setup  # noqa: E402
from terminal import Terminal, size  # noqa: E402

# Folder in the jar -> Rust's name of the platform.
PLATFORMS = {"linux-x86_64": "x86_64-unknown-linux-gnu", "linux-aarch64": "aarch64-unknown-linux-gnu"}
LARGEST_LIBRARY = 30_000_000
# Any fixed moment does; what matters is that nobody's clock gets in.
EPOCH = "1735689600"


class DistFailed(Exception):
    """The release could not be built, or is not fit to be one; the message says why."""


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="build twice in different folders and compare")
    parser.add_argument("--into", type=Path, default=places.TARGET / "dist", help="where to (target/dist)")
    options = parser.parse_args(arguments)
    terminal = Terminal()
    try:
        setup.zig(terminal)
        if options.check:
            return check(terminal, options.into.resolve())
        made = build(terminal, options.into.resolve(), places.user_cache() / "dist", places.user_cache() / "dist-target")
        for file in made:
            terminal.say(f"  {size(file.stat().st_size):>9}  {file}")
        return 0
    except (DistFailed, crates.LicenceMissing, setup.SetupFailed) as failure:
        print(f"dist failed: {failure}", file=sys.stderr)
        return 1


def check(terminal: Terminal, into: Path) -> int:
    """Two builds that share nothing but the tools must give the same bytes."""
    sums: List[Dict[str, str]] = []
    for name in ("one", "another-folder/deeper"):
        with tempfile.TemporaryDirectory(prefix="forebay-dist-", dir=places.user_cache()) as scratch:
            place = Path(scratch) / name
            made = build(terminal, place / "out", place / "sources", place / "target")
            sums.append({file.name: sha256(file) for file in made})
            if len(sums) == 1:
                shutil.rmtree(into, ignore_errors=True)
                shutil.copytree(place / "out", into)
    one, two = sums
    differing = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
    if differing:
        raise DistFailed(f"two builds differ in {', '.join(differing)}")
    for name, digest in sorted(one.items()):
        terminal.say(f"  {digest}  {name}")
    terminal.say(f"  reproducible: two builds in different folders gave the same {len(one)} files")
    return 0


def build(terminal: Terminal, into: Path, sources: Path, target: Path) -> List[Path]:
    """Builds everything from a copy of the clone in `sources`; the files made, in `into`."""
    version = re.search(r'(?m)^version = "([^"]+)"', (places.CLONE / "Cargo.toml").read_text()).group(1)
    toolchain = output(["rustc", "--version"]).split()[1]
    copy_sources(terminal, sources)
    libraries = sources / "target" / "libraries"
    platforms = installed_platforms()
    for folder, platform in platforms.items():
        with terminal.step(f"building the library for {folder} (minutes at the first time)") as step:
            library = cargo(sources, target, platform)
            fit(library, sources, target)
            step.note = size(library.stat().st_size)
        (libraries / folder).mkdir(parents=True)
        shutil.copy2(library, libraries / folder / "libforebay.so")
    for folder in PLATFORMS.keys() - platforms.keys():
        terminal.say(f"  left out: {folder}, since Rust's {PLATFORMS[folder]} is not installed (rustup target add)")
    linked = crates.linked(sources, list(platforms.values()))
    notices = sources / "target" / "notices"
    notices.mkdir(parents=True)
    bill = crates.bill(linked, version, toolchain)
    (notices / "THIRD-PARTY").write_text(crates.third_party(linked, toolchain))
    (notices / "sbom").mkdir()
    (notices / "sbom" / "forebay.cdx.json").write_text(bill)
    with terminal.step("packing the jar (Gradle)"):
        run(["gradle", "--no-daemon", "-q", "assemble", ":forebay-hadoop:sourcesJar",
             f"-PnativeLibraries={libraries}", f"-Pnotices={notices}"], sources, reproducibly())
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    for kind in ("", "-sources"):
        shutil.copy2(sources / "java/forebay-hadoop/build/libs" / f"forebay-{version}{kind}.jar", into)
    (into / f"forebay-{version}.pom").write_text(pom(version))
    (into / f"forebay-{version}.cdx.json").write_text(bill)
    jar = into / f"forebay-{version}.jar"
    with terminal.step("trying the jar"):
        try_jar(jar, list(platforms))
    made = sorted(into.iterdir())
    (into / "SHA256SUMS").write_text("".join(f"{sha256(file)}  {file.name}\n" for file in made))
    return sorted(into.iterdir())


def copy_sources(terminal: Terminal, sources: Path) -> None:
    """The tracked files as they lie in the clone. Times stay, so that cargo builds only what changed."""
    if subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], cwd=places.CLONE,
                      stdout=subprocess.PIPE, check=True).stdout:
        terminal.say("  note: this build contains changes that are not committed")
    shutil.rmtree(sources, ignore_errors=True)
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=places.CLONE, stdout=subprocess.PIPE, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (places.CLONE / name).is_file():
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(places.CLONE / name, sources / name)


def installed_platforms() -> Dict[str, str]:
    root = Path(output(["rustc", "--print", "sysroot"]))
    found = {folder: platform for folder, platform in PLATFORMS.items()
             if (root / "lib" / "rustlib" / platform / "lib").is_dir()}
    if not found:
        raise DistFailed(f"Rust has none of the targets {', '.join(PLATFORMS.values())}")
    return found


def cargo(sources: Path, target: Path, platform: str) -> Path:
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo").resolve()
    mapped = {str(sources): "/forebay", str(target): "/target", str(home): "/cargo",
              output(["rustc", "--print", "sysroot"]): "/rust"}
    environment = {
        **reproducibly(), "CARGO_TARGET_DIR": str(target),
        "PATH": f"{setup.zig_folder() / 'bin'}:{os.environ['PATH']}",
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(f"--remap-path-prefix={here}={there}" for here, there in mapped.items()),
        f"CFLAGS_{platform.replace('-', '_')}": " ".join(f"-ffile-prefix-map={here}={there}"
                                                         for here, there in mapped.items()),
    }
    run(["cargo", "zigbuild", "--locked", "--profile", "dist", "--package", crates.LIBRARY, "--target",
         f"{platform}.{'.'.join(map(str, elf.OLDEST_GLIBC))}"], sources, environment)
    return target / platform / "dist" / "libforebay.so"


def fit(library: Path, sources: Path, target: Path) -> None:
    wrong = elf.complaints(library)
    if library.stat().st_size > LARGEST_LIBRARY:
        wrong.append(f"it has {library.stat().st_size} bytes, more than {LARGEST_LIBRARY}")
    content = library.read_bytes()
    wrong += [f"it names {path}" for path in (sources, target, Path.home()) if str(path).encode() + b"/" in content]
    if wrong:
        raise DistFailed(f"{library} is not fit to be published: " + "; ".join(wrong))


def try_jar(jar: Path, platforms: List[str]) -> None:
    names = zipfile.ZipFile(jar).namelist()
    wanted = ["META-INF/LICENSE", "META-INF/NOTICE", "META-INF/THIRD-PARTY", "META-INF/sbom/forebay.cdx.json"]
    for platform in platforms:
        wanted += [f"META-INF/native/{platform}/libforebay.so", f"META-INF/native/{platform}/libforebay.so.sha256"]
    missing = [name for name in wanted if name not in names]
    if missing:
        raise DistFailed(f"{jar} lacks {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="forebay-try-") as scratch:
        done = subprocess.run(["java", f"-Djava.io.tmpdir={scratch}", "-jar", str(jar), "doctor", "--json",
                               "--dirs", scratch], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        loaded = json.loads(done.stdout)["library"] == "loaded"
    except (ValueError, KeyError):
        loaded = False
    if not loaded:
        raise DistFailed(f"the jar does not work here: {done.stdout[-2000:]}")


def pom(version: str) -> str:
    """Without dependencies: Hadoop and slf4j come with the engine, and everything else is in the jar."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.forebay</groupId>
  <artifactId>forebay</artifactId>
  <version>{version}</version>
  <name>Forebay</name>
  <description>A host-wide SSD cache for Spark and Hive behind Hadoop's FileSystem.</description>
  <licenses>
    <license>
      <name>Apache-2.0</name>
      <url>https://www.apache.org/licenses/LICENSE-2.0.txt</url>
    </license>
  </licenses>
</project>
"""


def reproducibly() -> Dict[str, str]:
    return {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "ZERO_AR_DATE": "1", "LC_ALL": "C", "TZ": "UTC"}


def output(command: List[str]) -> str:
    return subprocess.run(command, cwd=places.CLONE, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()


def run(command: List[str], folder: Path, environment: Dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise DistFailed(f"{' '.join(command[:3])} ended with {done.returncode}:\n" + done.stdout[-4000:])


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
