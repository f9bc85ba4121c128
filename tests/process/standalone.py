"""A cluster on loopback: Spark's standalone master and one worker, which starts drivers and executors."""
from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import places
from servers import HOST, free_ports
from stage import GUARD_SECONDS, spark_home
from submit import Submitter

DEPLOY = "org.apache.spark.deploy"


class DaemonEnded(Exception):
    """A daemon ended before it was ready; what it said is in the message."""


class Standalone:
    """Both daemons, from when the worker has registered until `close`."""

    def __init__(self, submitter: Submitter) -> None:
        self._submitter, self._stage = submitter, submitter.stage
        self.work = self._stage.scratch / "work"
        port, page, worker_page = free_ports(3)
        self.master = f"spark://{HOST}:{port}"
        self._daemons = []
        try:
            self._start("master.Master", "--host", HOST, "--port", str(port), "--webui-port", str(page),
                        ready="I have been elected leader")
            self._start("worker.Worker", "--host", HOST, "--cores", "2", "--memory", "2g", "--webui-port", str(worker_page),
                        "--work-dir", str(self.work), self.master, ready="registered with master")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for daemon in reversed(self._daemons):
            self._stage.children.end(daemon)

    def said(self) -> str:
        """What drivers and executors said."""
        return "".join(f"--- {log.relative_to(self.work)} ---\n{log.read_text(errors='replace')}"
                       for log in sorted(self.work.glob("*/**/std*")))

    def _start(self, main: str, *arguments: str, ready: str) -> None:
        environment = self._submitter.environment(spark_home())
        environment["SPARK_DAEMON_JAVA_OPTS"] = f"-Dlog4j2.configurationFile={self._logging().as_uri()}"
        environment["SPARK_DAEMON_MEMORY"] = "256m"
        daemon = self._stage.children.start([str(spark_home() / "bin" / "spark-class"), f"{DEPLOY}.{main}", *arguments],
                                            environment, cwd=self._stage.scratch, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._daemons.append(daemon)
        guard = threading.Timer(GUARD_SECONDS, daemon.kill)
        guard.start()
        said = []
        try:
            for line in daemon.stdout:
                said.append(line.decode("utf-8", "replace"))
                if ready in said[-1]:
                    # What it says from now on is read by nobody, but must not fill the pipe.
                    threading.Thread(target=daemon.stdout.read, daemon=True).start()
                    return
        finally:
            guard.cancel()
        raise DaemonEnded(f"{main} ended:\n" + "".join(said))

    def _logging(self) -> Path:
        """The demo's, and what the daemons say of themselves."""
        file = self._stage.scratch / "standalone.properties"
        file.write_text((places.DEMO / "log4j2.properties").read_text()
                        + f"logger.deploy.name = {DEPLOY}\nlogger.deploy.level = info\n")
        return file
