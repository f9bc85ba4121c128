"""What docs/deploy says, against what there is: every key, command, class, file and test that it names exists."""
from __future__ import annotations

import json
import re
import subprocess
import unittest
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
DEPLOY = CLONE / "docs" / "deploy"
PAGES = [*sorted(DEPLOY.glob("*.md")), CLONE / "README.md"]
KEYS = set(re.findall(r"^## `(.+)`$", (CLONE / "CONFIGURATION.md").read_text(), re.MULTILINE))
METRICS = set(re.findall(r"^\| `(.+?)` \|", (CLONE / "METRICS.md").read_text(), re.MULTILINE))
EXECUTED = (CLONE / "tests" / "executed.txt").read_text()
TOOL = CLONE / "java/forebay-hadoop/src/main/java/io/forebay/tool"


def everywhere(pattern: str):
    """Each match in any file of the deployment documents, with the file's name."""
    for file in (*PAGES, *(file for file in DEPLOY.rglob("*") if file.suffix in (".json", ".sh", ".yaml"))):
        for found in re.findall(pattern, file.read_text()):
            yield file.name, found


class DocumentsTest(unittest.TestCase):
    def test_every_key_is_one_of_configuration_md(self) -> None:
        named = set(everywhere(r"fs\.forebay\.[a-z][a-z.-]*[a-z]"))
        self.assertGreater(len(named), 10)
        strange = [(page, key) for page, key in named if key not in KEYS and not key.startswith("fs.forebay.bucket")]
        self.assertEqual(strange, [])

    def test_every_metric_is_one_of_metrics_md(self) -> None:
        named = list(everywhere(r"`((?:read\.bytes|cache|origin|miss|prefetch)\.[a-z][a-z.-]*)`"))
        self.assertEqual([(page, metric) for page, metric in named if metric not in METRICS], [])

    def test_every_class_is_there(self) -> None:
        for page, name in set(everywhere(r"\bio\.forebay(?:\.[a-z0-9]+)*\.[A-Z]\w+")):
            files = list(CLONE.glob("java/*/src/main/java/" + name.replace(".", "/") + ".java"))
            self.assertEqual(len(files), 1, f"{page} names {name}")

    def test_every_command_of_the_tool_is_one(self) -> None:
        commands = set(re.findall(r'COMMANDS\.put\("(\w+)"', (TOOL / "Main.java").read_text()))
        self.assertEqual(commands, {"doctor", "stat", "verify", "purge", "budget"})
        for page, command in everywhere(r"java -jar \S+ ([a-z]+)"):
            self.assertIn(command, commands, page)

    def test_every_file_and_link_leads_somewhere(self) -> None:
        for page in PAGES:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
                self.assertTrue((page.parent / link).exists(), f"{page.name} links to {link}")
        for page, path in everywhere(r"`((?:tests|docs|scripts)/[\w./-]+)`"):
            self.assertTrue((CLONE / path).exists(), f"{page} names {path}")

    def test_every_rust_test_that_is_named_is_run(self) -> None:
        for page, name in everywhere(r"`(rust:forebay-[\w:-]+)`"):
            self.assertTrue(name in EXECUTED, f"{page} names {name}")

    def test_every_log_line_to_look_for_is_said_by_the_code(self) -> None:
        """The longest fixed part of each line of the first column must stand in the sources."""
        sources = "\n".join(file.read_text(errors="replace") for file in
                            (*CLONE.glob("native/*/src/**/*.rs"), *CLONE.glob("java/*/src/main/**/*.java")))
        flat = re.sub(r'\\\n\s*|"\s*\+\s*"', "", sources)
        rows = re.findall(r"^\| `(.+?)` \|", (DEPLOY / "troubleshooting.md").read_text(), re.MULTILINE)
        self.assertGreater(len(rows), 12)
        for row in rows:
            if "Exception" in row:
                continue
            parts = re.split(r"\.\.\.|forebay: s3a://b |[()]", row)
            longest = max((part.strip() for part in parts), key=len)
            self.assertTrue(longest.rstrip("?: ") in flat, f"nothing says: {row}")

    def test_emrs_configuration_is_what_emr_reads(self) -> None:
        for one in json.loads((DEPLOY / "emr" / "configuration.json").read_text()):
            self.assertEqual(set(one), {"Classification", "Properties"})
            self.assertTrue(all(isinstance(value, str) for value in one["Properties"].values()))

    def test_the_bootstrap_script_is_sound_shell(self) -> None:
        subprocess.run(["bash", "-n", str(DEPLOY / "emr" / "bootstrap.sh")], check=True)
        self.assertTrue((DEPLOY / "emr" / "bootstrap.sh").stat().st_mode & 0o111)
