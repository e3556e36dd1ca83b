"""A chain and ape on it."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ape_runs import Ape

from bot.sandbox import anvil
from bot.sandbox.node import Node
from bot.venues.roles import WETH


@pytest.fixture
def node() -> Iterator[Node]:
    """A bare chain with somebody's code where WETH is."""
    with anvil.running("--chain-id", "1") as chain, closing(Node(chain.url)) as node:
        node.rpc("anvil_setCode", WETH, "0x00")
        yield node


@pytest.fixture
def ape(node: Node, tmp_path: Path) -> Ape:
    if sys.version_info >= (3, 13):
        pytest.skip("ape needs numpy < 2, which has no wheels for Python 3.13")
    return Ape(node.url, tmp_path)
