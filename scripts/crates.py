"""What the native library is made of: a CycloneDX bill of materials, and the licences that must travel with it.

Both come from `cargo tree` and `cargo metadata`: the crates that are linked into the library on one of its platforms,
so neither those of tests nor those that only build. Nothing is added that differs between two builds (no time, no random number);
that is why this is not cargo-cyclonedx, which writes both and lists build-time crates.
"""
from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Set, Tuple

LIBRARY = "forebay-jni"
# How crates name the files that say how they may be used.
NOTICES = ("LICENSE*", "LICENCE*", "COPYING*", "COPYRIGHT*", "NOTICE*", "UNLICENSE*")


class Crate(NamedTuple):
    """A crate of somebody else that is linked into the library."""

    name: str
    version: str
    licence: str
    repository: str
    checksum: str
    folder: Path

    @property
    def url(self) -> str:
        return f"pkg:cargo/{self.name}@{self.version}"


class LicenceMissing(Exception):
    """A crate that does not say how it may be used."""


def linked(clone: Path, platforms: List[str]) -> List[Crate]:
    """The crates linked on any of these platforms, by name."""
    sums = checksums((clone / "Cargo.lock").read_text())
    found: Dict[Tuple[str, str], Crate] = {}
    for platform in platforms:
        wanted = reached(clone, platform)
        metadata = json.loads(cargo(clone, "metadata", "--format-version", "1", "--filter-platform", platform))
        for package in metadata["packages"]:
            name = (package["name"], package["version"])
            if package["source"] is None or name not in wanted:
                continue
            if not package["license"] and not package["license_file"]:
                raise LicenceMissing(f"{' '.join(name)} names no licence")
            found[name] = Crate(*name, package["license"] or "see its licence file", package["repository"] or "",
                                sums.get(name, ""), Path(package["manifest_path"]).parent)
    return [found[name] for name in sorted(found)]


def reached(clone: Path, platform: str) -> Set[Tuple[str, str]]:
    """The library and all that it is linked with, with the features it has there: no build scripts, macros or tests."""
    tree = cargo(clone, "tree", "--package", LIBRARY, "--edges", "normal,no-proc-macro", "--target", platform,
                 "--prefix", "none", "--format", "{p}")
    rows = (line.split() for line in tree.splitlines())
    return {(row[0], row[1].lstrip("v")) for row in rows if len(row) > 1}


def cargo(clone: Path, *words: str) -> str:
    return subprocess.run(["cargo", *words, "--locked"], cwd=clone, check=True, stdout=subprocess.PIPE, text=True).stdout


def checksums(lock: str) -> Dict[Tuple[str, str], str]:
    """SHA-256 by name and version, from Cargo.lock (Python 3.9 has no reader of TOML; the file has one form only)."""
    found = {}
    for part in lock.split("[[package]]")[1:]:
        fields = dict(line.split(" = ", 1) for line in part.splitlines() if " = " in line)
        if "checksum" in fields:
            found[(fields["name"].strip('"'), fields["version"].strip('"'))] = fields["checksum"].strip('"')
    return found


def bill(crates: List[Crate], version: str, toolchain: str) -> str:
    """A CycloneDX 1.5 document: the jar, its crates, and Rust's own library."""
    rust = {"type": "library", "name": "rust-std", "version": toolchain, "bom-ref": f"pkg:generic/rust-std@{toolchain}",
            "licenses": [{"expression": "MIT OR Apache-2.0"}]}
    components = [rust, *(component(crate) for crate in crates)]
    main = f"pkg:maven/io.forebay/forebay@{version}"
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, main + json.dumps(components))}", "version": 1,
        "metadata": {"component": {
            "type": "library", "group": "io.forebay", "name": "forebay", "version": version, "bom-ref": main,
            "purl": main, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": components,
        "dependencies": [{"ref": main, "dependsOn": [one["bom-ref"] for one in components]}],
    }
    return json.dumps(document, indent=1) + "\n"


def component(crate: Crate) -> dict:
    described = {"type": "library", "name": crate.name, "version": crate.version, "bom-ref": crate.url,
                 "purl": crate.url, "licenses": [{"expression": spdx(crate.licence)}]}
    if crate.checksum:
        described["hashes"] = [{"alg": "SHA-256", "content": crate.checksum}]
    if crate.repository:
        described["externalReferences"] = [{"type": "vcs", "url": crate.repository}]
    return described


def spdx(licence: str) -> str:
    """Old crates write `/` for OR."""
    return " ".join(licence.replace("/", " OR ").split())


def third_party(crates: List[Crate], toolchain: str) -> str:
    """Every licence text, once, below the crates that it covers."""
    covered: Dict[str, List[Crate]] = {}
    without = []
    for crate in crates:
        texts = sorted({text.strip() for text in notices(crate)})
        for text in texts:
            covered.setdefault(text, []).append(crate)
        if not texts:
            without.append(crate)
    lines = ["The native library of Forebay contains the work of others:", ""]
    lines += [f"  {crate.name} {crate.version}: {spdx(crate.licence)}  {crate.repository}".rstrip() for crate in crates]
    lines += [f"  Rust's standard library {toolchain}: MIT OR Apache-2.0  https://github.com/rust-lang/rust", ""]
    if without:
        lines += ["Published without the text of their licence, which is the one named above:", "",
                  *(f"  {crate.name} {crate.version}" for crate in without), ""]
    for text, crates_of_text in sorted(covered.items(), key=lambda item: [crate.url for crate in item[1]]):
        names = ", ".join(f"{crate.name} {crate.version}" for crate in crates_of_text)
        lines += ["-" * 100, names, "-" * 100, "", text, ""]
    return "\n".join(lines) + "\n"


def notices(crate: Crate) -> Iterator[str]:
    for pattern in NOTICES:
        for file in sorted(crate.folder.glob(pattern)):
            if file.is_file():
                yield file.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
