"""`ds2 serve` as people start it: a process of its own on a free port, which tests speak to, signal and kill."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from ds2cli.audio.files import read_audio

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server that is ready; stopped at the end of a `with`.

    core  the one processor that it may use; None: all
    """

    def __init__(self, *arguments: object, core: int | None = None, port: int = 0, log: Path | None = None) -> None:
        self.port = port or free_port()
        command = [sys.executable, "-m", "ds2cli", "serve", *map(str, arguments), "--port", str(self.port)]
        self._log = open(log or os.devnull, "ab")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, cwd=ROOT, start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        )  # fmt: skip
        self.pid = self.process.pid

    def address(self, path: str, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def wait_until_ready(self, seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(self.address("/readyz"), timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError(f"the server does not answer; its exit code: {self.process.poll()}")

    def stop(self, seconds: float = 60) -> int:
        """Its exit code after SIGTERM."""
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        finally:
            self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()

    def __enter__(self) -> "Server":
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def pcm(path: str | Path, rate: int = 16000) -> bytes:
    """A recording as s16le."""
    return (read_audio(path, rate) * 32767).round().astype("<i2").tobytes()


def cpu_seconds(pid: int) -> float:
    """User and system seconds of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """What a process holds in memory, without what it shares with others by file."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0]) * 1024
