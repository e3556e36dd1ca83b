"""The chain starts, is found again, and is the only thing that is ever ended."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from bot.sandbox import anvil, artifacts, cache, chain
from bot.sandbox.addresses import USDC
from bot.sandbox.chain import Sandbox
from bot.sandbox.errors import AnvilError, SandboxError, SetupError
from bot.sandbox.node import Node, NodeError

pytestmark = pytest.mark.chain


@pytest.fixture
def nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No chain was left running, and none is afterwards."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    yield tmp_path / "repeg-sandbox.json"
    chain.down()


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of ours to end."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_the_chain_is_mainnet_by_its_id(sandbox: Sandbox):
    """Addresses, permits and signatures are mainnet's, so the chain id is."""
    assert sandbox.chain_id == 1


def test_the_socket_answers_too(sandbox: Sandbox):
    """Beside HTTP the chain has a socket of its own."""
    assert sandbox.ipc is not None
    assert sandbox.ipc.is_socket()
    assert sandbox.ws_url == sandbox.url.replace("http", "ws")


def test_a_fork_holds_what_it_forks(sandbox: Sandbox):
    """A fork of the sandbox reads the sandbox's state, and what happens on it stays there."""
    with (
        chain.running(fork_url=sandbox.url) as fork,
        closing(Node(fork.url)) as there,
        closing(Node(sandbox.url)) as here,
    ):
        supply = {"to": USDC, "data": "0x18160ddd"}
        assert there.rpc("eth_call", supply, "latest") == here.rpc("eth_call", supply, "latest")
        assert fork.chain_id == sandbox.chain_id

        block = here.rpc("eth_blockNumber")
        there.rpc("evm_mine")
        assert here.rpc("eth_blockNumber") == block


def test_up_is_found_again_and_down_ends_it(nothing_up: Path):
    """What `up` started, `status` finds and `down` ends; a second `up` is refused meanwhile."""
    begun = chain.up(port=0)
    with pytest.raises(SandboxError, match="runs already"):
        chain.up(port=0)
    found = chain.status()
    ended = chain.down()

    assert begun.running
    assert begun.block is not None
    assert found == begun
    assert not ended.running
    assert not chain.status().running
    assert not nothing_up.exists()


def test_down_leaves_strangers_alone(nothing_up: Path, stranger: subprocess.Popen[bytes]):
    """An id that has since gone to another process is not ended, whatever the file says."""
    told = {"url": "http://127.0.0.1:1", "ws_url": "ws://127.0.0.1:1", "pid": stranger.pid, "chain_id": 1}
    nothing_up.write_bytes(orjson.dumps({**told, "ipc": str(nothing_up.parent / "folder" / "ipc")}))

    assert not chain.status().running
    chain.down()

    assert stranger.poll() is None


def test_down_leaves_another_anvil_alone(nothing_up: Path, sandbox: Sandbox):
    """Not even an anvil is ended when it listens on another port than the one that was started."""
    told = {"url": "http://127.0.0.1:1", "ws_url": "ws://127.0.0.1:1", "pid": sandbox.pid, "chain_id": 1}
    nothing_up.write_bytes(orjson.dumps({**told, "ipc": str(nothing_up.parent / "folder" / "ipc")}))

    chain.down()

    os.kill(sandbox.pid, 0)


def test_without_mining_blocks_come_when_told():
    """`mining=False` leaves every block to whoever calls evm_mine."""
    with chain.running(mining=False) as waiting, closing(Node(waiting.url)) as node:
        block = int(node.rpc("eth_blockNumber"), 16)
        node.rpc("evm_mine")

        assert int(node.rpc("eth_blockNumber"), 16) == block + 1


def test_a_start_that_fails_says_why():
    """What anvil complains of is what the error says."""
    with pytest.raises(AnvilError, match="did not start"):
        anvil.launch("--no-such-option")


def test_a_missing_tool_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without anvil the answer is the command that brings it."""
    monkeypatch.setattr(artifacts, "MODULES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupError, match="scripts/setup"):
        artifacts.tool("anvil")


def test_what_is_kept_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """However many ask at once, one makes it and all get it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[Path] = []

    def make(file: Path) -> None:
        made.append(file)
        file.write_text("kept")

    with ThreadPoolExecutor(8) as askers:
        files = list(askers.map(lambda _: cache.kept("thing", make), range(8)))

    assert {file.read_text() for file in files} == {"kept"}
    assert len(made) == 1


def test_a_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What could not be finished is not found by the next who asks."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def fail(file: Path) -> None:
        file.write_text("half")
        raise SetupError("no more")

    with pytest.raises(SetupError):
        cache.kept("thing", fail)

    assert cache.kept("thing", lambda file: file.write_text("whole") and None).read_text() == "whole"


def test_inputs_are_told_apart():
    """The name of what is kept depends on each input, and on where one ends and the next begins."""
    assert len({cache.digest(b"ab", b"c"), cache.digest(b"a", b"bc"), cache.digest(b"abc")}) == 3


def test_the_node_says_no_in_its_own_words(sandbox: Sandbox):
    """A refusal is an error alone, and an answer of its own in a batch."""
    with closing(Node(sandbox.url)) as node:
        with pytest.raises(NodeError, match="eth_nonsense"):
            node.rpc("eth_nonsense")
        number, refusal = node.batch([("eth_chainId", ()), ("eth_nonsense", ())])

    assert number == "0x1"
    assert isinstance(refusal, NodeError)
