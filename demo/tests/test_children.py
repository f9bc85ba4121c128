"""Children end with the demo, however it ends."""
import os
import signal
import subprocess
import sys
import textwrap
import unittest
from pathlib import Path

from children import Children, Interrupted

DEMO = Path(__file__).resolve().parent.parent
# A child that says it is up, then waits for ever; it also starts a grandchild that ignores SIGTERM.
STUBBORN = ("import signal, subprocess, sys; "
            "g = subprocess.Popen([sys.executable, '-c', 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
            "print(1, flush=True); signal.pause()'], stdout=subprocess.PIPE); "
            "g.stdout.readline(); print(g.pid, flush=True); signal.pause()")


class EndOfChildren(unittest.TestCase):
    def handlers(self):
        return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]

    def setUp(self):
        self.before = self.handlers()

    def tearDown(self):
        for number, handler in zip((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), self.before):
            signal.signal(number, handler)

    def test_leaving_the_block_ends_the_whole_group(self):
        with Children() as children:
            child = children.start([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
            grandchild = int(child.stdout.readline())
        self.assertIsNotNone(child.returncode)
        self.assertTrue(ended(grandchild))

    def test_a_signal_becomes_an_end_of_the_block(self):
        with self.assertRaises(Interrupted) as raised:
            with Children() as children:
                child = children.start([sys.executable, "-c", "import signal; signal.pause()"])
                os.kill(os.getpid(), signal.SIGTERM)
        self.assertEqual(raised.exception.number, signal.SIGTERM)
        self.assertIsNotNone(child.returncode)

    def test_a_killed_demo_takes_its_children_along(self):
        script = textwrap.dedent(f"""
            import subprocess, sys
            sys.path.insert(0, {str(DEMO)!r})
            from children import Children
            with Children() as children:
                child = children.start([sys.executable, "-c", "import signal; print(1, flush=True); signal.pause()"],
                                       stdout=subprocess.PIPE)
                child.stdout.readline()
                print(child.pid, flush=True)
                child.wait()
        """)
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
            child = int(parent.stdout.readline())
            parent.kill()
        self.assertTrue(ended(child))


def ended(process: int) -> bool:
    """Waits for the end of a process that isn't our child, by its pidfd where the kernel has them."""
    import select

    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = select.select([descriptor], [], [], 30)
        return bool(ready)
    finally:
        os.close(descriptor)
