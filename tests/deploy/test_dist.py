"""What a release is checked with: the reader of libraries, the list of crates, the recipe itself.

The release is built by `make dist`, which holds its library to the same checks; here they are shown to find something.
"""
from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CLONE / "scripts")]
import crates  # noqa: E402
import elf  # noqa: E402
import places  # noqa: E402

PLATFORM = "x86_64-unknown-linux-gnu"
# fcntl64 came with glibc 2.28; the other symbols are as old as the platform.
NEEDS_NEW = '#define _FILE_OFFSET_BITS 64\n#include <fcntl.h>\nint JNI_OnLoad(int f) { return fcntl(f, F_GETFD); }\n'
NEEDS_OLD = "#include <unistd.h>\nint JNI_OnLoad(void) { return getpid(); }\n"


class LibraryTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="forebay-elf-"))

    def tearDown(self) -> None:
        shutil.rmtree(self.folder)

    def library(self, source: str, *options: str, kept: bool = True) -> Path:
        (self.folder / "code.c").write_text(source)
        made = self.folder / "made.so"
        keep = ["-Wl,-z,nodelete"] if kept else []
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", *keep, *options, "-o", str(made), str(self.folder / "code.c")],
                       check=True)
        return made

    def test_an_old_enough_library_is_fit(self) -> None:
        library = self.library(NEEDS_OLD, "-s")
        self.assertEqual(elf.libraries(library), ["libc.so.6"])
        self.assertEqual(elf.exported(library), ["JNI_OnLoad"])
        self.assertEqual(elf.complaints(library), [])

    def test_a_symbol_of_a_newer_glibc_is_found(self) -> None:
        library = self.library(NEEDS_NEW, "-s")
        self.assertIn(("GLIBC", (2, 28)), elf.versions(library))
        self.assertEqual(elf.complaints(library), ["it needs GLIBC_2.28"])

    def test_what_should_not_be_published_is_found(self) -> None:
        source = NEEDS_OLD + "int ring_core_helper(void) { return 1; }\n"
        wrong = elf.complaints(self.library(source, f"-Wl,-rpath,{self.folder}", kept=False))
        self.assertEqual(wrong, ["a JVM could unload it while its threads run (-z nodelete is missing)",
                                 "it looks for libraries in folders of the machine that built it", "it is not stripped",
                                 "it exports ring_core_helper"])

    def test_the_library_of_tests_is_no_release(self) -> None:
        """It is linked against this machine's glibc, and the check must see that."""
        library = places.cargo_target() / "release" / "libforebay.so"
        self.assertTrue(library.is_file(), "run `make jar` first")
        self.assertTrue(any("GLIBC" in wrong or "libgcc" in wrong for wrong in elf.complaints(library)))


class CratesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.linked = crates.linked(CLONE, [PLATFORM])

    def test_the_list_holds_what_is_linked_and_nothing_else(self) -> None:
        names = {crate.name for crate in self.linked}
        self.assertTrue({"tokio", "object_store", "jni", "crc-fast", "rustls"} <= names)
        self.assertEqual(names & {"proptest", "tempfile", "parquet", "cc", "syn", "serde_derive", "forebay-testkit"}, set())

    def test_every_crate_has_a_licence_a_sum_and_a_text(self) -> None:
        for crate in self.linked:
            self.assertEqual(len(crate.checksum), 64, crate.name)
            self.assertNotIn("/", crates.spdx(crate.licence))
        text = crates.third_party(self.linked, "1.95.0")
        for crate in self.linked:
            self.assertIn(f"{crate.name} {crate.version}: ", text)
        self.assertNotIn(str(Path.home()) + "/", text)

    def test_the_bill_is_the_same_each_time_and_names_everything(self) -> None:
        bill = crates.bill(self.linked, "0.1.0", "1.95.0")
        self.assertEqual(bill, crates.bill(crates.linked(CLONE, [PLATFORM]), "0.1.0", "1.95.0"))
        document = json.loads(bill)
        self.assertEqual((document["bomFormat"], document["specVersion"]), ("CycloneDX", "1.5"))
        self.assertEqual(len(document["components"]), len(self.linked) + 1)
        references = [one["bom-ref"] for one in document["components"]]
        self.assertEqual(len(set(references)), len(references))
        self.assertEqual(document["dependencies"][0]["dependsOn"], references)
