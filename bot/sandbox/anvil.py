"""Starts and ends anvil."""

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox import artifacts, processes
from bot.sandbox.errors import AnvilError
from bot.sandbox.node import Node, NodeError

HOST = "127.0.0.1"
_PATIENCE = 60.0  # seconds until the first answer; a fork asks its node for much before
_ALWAYS = (
    *("--hardfork", "prague", "--base-fee", "1000000000", "--order", "fees"),
    *("--auto-impersonate", "--no-request-size-limit", "--silent"),
)


@dataclass(frozen=True)
class Anvil:
    """A running anvil and its socket. `ipc` lies in a folder of its own, beside what anvil wrote to `log`."""

    url: str
    port: int
    pid: int
    ipc: Path

    @property
    def log(self) -> Path:
        """What it said."""
        return self.ipc.with_name("log")

    def stop(self) -> None:
        """Ends it, and waits until it has ended."""
        processes.end(self.pid)
        shutil.rmtree(self.ipc.parent, ignore_errors=True)


def binary() -> Path:
    """The anvil that is used."""
    return artifacts.tool("anvil")


def launch(*options: str, port: int = 0, detached: bool = False) -> Anvil:
    """Starts anvil on a port of loopback, any free one for 0, and waits for its first answer.

    It ends with this process unless `detached`.
    """
    port = port or _free_port()
    ipc = Path(tempfile.mkdtemp(prefix="repeg-anvil-")) / "ipc"
    command = [str(binary()), "--host", HOST, "--port", str(port), "--ipc", str(ipc), *_ALWAYS, *options]
    begin = processes.leave_running if detached else processes.start
    started = Anvil(f"http://{HOST}:{port}", port, begin(command, ipc.with_name("log")), ipc)
    _wait(started)
    return started


@contextmanager
def running(*options: str) -> Iterator[Anvil]:
    """An anvil for the length of a block of code."""
    started = launch(*options)
    try:
        yield started
    finally:
        started.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(started: Anvil) -> None:
    node = Node(started.url)
    until = time.monotonic() + _PATIENCE
    while processes.alive(started.pid) and time.monotonic() < until:
        if _answers(node):
            return
        time.sleep(0.01)
    said = started.log.read_text().strip()
    started.stop()
    raise AnvilError(f"anvil did not start on port {started.port}: {said or 'no answer'}")


def _answers(node: Node) -> bool:
    try:
        node.rpc("eth_chainId")
    except (OSError, NodeError):
        return False
    finally:
        node.close()
    return True
