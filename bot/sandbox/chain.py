"""A small mainnet on this machine: real protocols on anvil, or a fork of a real node's chain."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from bot.sandbox import anvil, cache, genesis, processes
from bot.sandbox.errors import SandboxError
from bot.sandbox.genesis import Say, silent
from bot.sandbox.node import Node, NodeError


@dataclass(frozen=True)
class Sandbox:
    """A running chain: where it answers, and the process behind it."""

    url: str
    ws_url: str
    pid: int
    chain_id: int
    ipc: Path | None

    def stop(self) -> None:
        """Ends the process, and waits until it has ended."""
        if processes.is_anvil(self.pid, _port(self.url)):
            processes.end(self.pid)
        if self.ipc is not None:
            shutil.rmtree(self.ipc.parent, ignore_errors=True)


@dataclass(frozen=True)
class Status:
    """Whether the chain that `up` started runs. The rest is None when it does not."""

    running: bool
    url: str | None = None
    ws_url: str | None = None
    pid: int | None = None
    chain_id: int | None = None
    block: int | None = None
    ipc: str | None = None


def build(say: Say = silent) -> Path:
    """The chain's state file, made when it is not in the cache."""
    return genesis.state(say)


def start(
    *,
    port: int = 0,
    fork_url: str | None = None,
    mining: bool = True,
    block_time: int | None = None,
    say: Say = silent,
) -> Sandbox:
    """Starts the chain, built first when that was not done yet, or a fork of the node at `fork_url`.

    A transaction is mined at once, or every `block_time` seconds, or, without `mining`, by `evm_mine` only.
    Port 0 is any free one.
    """
    pace = ["--no-mining"] if not mining else ["--block-time", str(block_time)] if block_time else []
    return _started(port, fork_url, pace, say, detached=False)


@contextmanager
def running(
    *,
    port: int = 0,
    fork_url: str | None = None,
    mining: bool = True,
    block_time: int | None = None,
    say: Say = silent,
) -> Iterator[Sandbox]:
    """The chain of `start` for the length of a block of code."""
    sandbox = start(port=port, fork_url=fork_url, mining=mining, block_time=block_time, say=say)
    try:
        yield sandbox
    finally:
        sandbox.stop()


def up(*, port: int = 8545, fork_url: str | None = None, block_time: int | None = None, say: Say = silent) -> Status:
    """Starts the chain and leaves it running when this process ends. Raises SandboxError where one runs already."""
    with cache.locked(_memory().with_suffix(".lock")):
        found = status()
        if found.running:
            raise SandboxError(f"a chain runs already at {found.url} (pid {found.pid}): `repeg chain down` ends it")
        pace = ["--block-time", str(block_time)] if block_time else []
        sandbox = _started(port, fork_url, pace, say, detached=True)
        _memory().write_bytes(orjson.dumps({**asdict(sandbox), "ipc": str(sandbox.ipc)}))
    return status()


def down() -> Status:
    """Ends the chain that `up` started, and nothing else."""
    sandbox = _remembered()
    if sandbox is not None:
        sandbox.stop()
    _memory().unlink(missing_ok=True)
    return Status(running=False)


def status() -> Status:
    """What became of the chain that `up` started."""
    sandbox = _remembered()
    if sandbox is None or not processes.is_anvil(sandbox.pid, _port(sandbox.url)):
        return Status(running=False)
    node = Node(sandbox.url, timeout=5)
    try:
        block = int(node.rpc("eth_blockNumber"), 16)
    except (OSError, NodeError) as error:
        raise SandboxError(f"the chain (pid {sandbox.pid}) does not answer at {sandbox.url}: {error}") from error
    finally:
        node.close()
    return Status(True, sandbox.url, sandbox.ws_url, sandbox.pid, sandbox.chain_id, block, str(sandbox.ipc))


def _started(port: int, fork_url: str | None, pace: list[str], say: Say, *, detached: bool) -> Sandbox:
    if fork_url is None:
        world = ["--chain-id", "1", "--load-state", str(build(say)), "--timestamp", str(genesis.START)]
    else:
        world = ["--fork-url", fork_url]
    began = anvil.launch(*world, *pace, port=port, detached=detached)
    node = Node(began.url)
    chain_id = int(node.rpc("eth_chainId"), 16)
    node.close()
    return Sandbox(began.url, began.url.replace("http", "ws", 1), began.pid, chain_id, began.ipc)


def _memory() -> Path:
    """Where the chain that `up` started is remembered: it need not outlast a restart of the machine."""
    return Path(os.environ.get("XDG_RUNTIME_DIR") or cache.folder()) / "repeg-sandbox.json"


def _remembered() -> Sandbox | None:
    with suppress(FileNotFoundError):
        kept = orjson.loads(_memory().read_bytes())
        return Sandbox(**{**kept, "ipc": Path(kept["ipc"])})
    return None


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])
