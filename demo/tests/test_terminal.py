"""Plain lines where nobody watches, one redrawn line where somebody does."""
import io
import unittest

from terminal import Terminal, size, table


class Screen(io.StringIO):
    def isatty(self):
        return True


class Lines(unittest.TestCase):
    def test_a_pipe_gets_whole_lines_only(self):
        out = io.StringIO()
        terminal = Terminal(out)
        terminal.redraw("half done")
        with terminal.step("loading") as step:
            step.note = "3 objects"
        self.assertRegex(out.getvalue(), r"^  loading \.\.\.\n  loading: done in \d+\.\d s \(3 objects\)\n$")

    def test_a_terminal_line_is_erased_before_the_next(self):
        out = Screen()
        terminal = Terminal(out)
        terminal.redraw("half done")
        terminal.say("done")
        self.assertEqual(out.getvalue(), "half done\r\033[Kdone\n")

    def test_a_failed_step_says_so(self):
        out = io.StringIO()
        with self.assertRaises(KeyError):
            with Terminal(out).step("building"):
                raise KeyError("x")
        self.assertIn("building: failed after", out.getvalue())


class Forms(unittest.TestCase):
    def test_sizes(self):
        self.assertEqual([size(n) for n in (0, 999, 1000, 1_234_567, 2e9, 5e12)],
                         ["0 B", "999 B", "1.0 kB", "1.2 MB", "2.0 GB", "5000.0 GB"])

    def test_a_table_lines_up(self):
        self.assertEqual(table(["pass", "GET"], [["stock S3A", "1"], ["cold", "12345"]]).splitlines(), [
            "  pass         GET",
            "  ---------  -----",
            "  stock S3A      1",
            "  cold       12345"])
