"""Processes known by their id only: started, recognised and ended one by one."""

import atexit
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

_PATIENCE = 10.0  # seconds between asking a process to end and making it
_children: dict[int, subprocess.Popen[bytes]] = {}
# A shell that leaves the command running and ends: then nobody but the system is the command's parent.
_LEAVE_RUNNING = '"$@" < /dev/null > "$0" 2>&1 & echo $!'


def start(command: Sequence[str], log: Path) -> int:
    """Starts a process that ends with this one. What it says goes to `log`."""
    with log.open("wb") as output:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    _children[child.pid] = child
    return child.pid


def leave_running(command: Sequence[str], log: Path) -> int:
    """Starts a process that outlives this one."""
    shell = ["sh", "-c", _LEAVE_RUNNING, str(log), *command]
    return int(subprocess.run(shell, stdout=subprocess.PIPE, check=True, start_new_session=True).stdout)


def alive(pid: int) -> bool:
    """Whether the process still runs."""
    child = _children.get(pid)
    return child.poll() is None if child else bool(_command(pid))


def is_anvil(pid: int, port: int) -> bool:
    """Whether `pid` is an anvil listening on `port`. An id may since have gone to somebody else."""
    words = _command(pid)
    return bool(words) and Path(words[0]).name == "anvil" and ("--port", str(port)) in pairwise(words)


def end(pid: int) -> None:
    """Asks a process to end, makes it when it does not, and waits until it has."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if not alive(pid):
            break
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        _wait(pid)
    _children.pop(pid, None)


@atexit.register
def _end_children() -> None:
    for pid in list(_children):
        end(pid)


def _wait(pid: int) -> None:
    until = time.monotonic() + _PATIENCE
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.005)


def _command(pid: int) -> list[str]:
    """The words a process was started with; none when it has ended."""
    listed = Path(f"/proc/{pid}/cmdline")
    if listed.parent.parent.is_dir():  # Linux
        with suppress(FileNotFoundError, ProcessLookupError):
            return [word for word in listed.read_bytes().decode().split("\0") if word]
        return []
    asked = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return asked.stdout.split()
