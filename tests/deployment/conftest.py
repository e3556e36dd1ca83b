"""ape, on the sandbox chain."""

import sys
from pathlib import Path

import pytest
from ape_runs import Ape

from bot.sandbox import artifacts
from bot.sandbox.actor import Actor
from bot.sandbox.chain import Sandbox


@pytest.fixture
def ape(sandbox: Sandbox, actor: Actor, tmp_path: Path) -> Ape:  # noqa: ARG001 - the actor puts the chain back
    if sys.version_info >= (3, 13):
        pytest.skip("ape needs numpy < 2, which has no wheels for Python 3.13")
    artifacts.forge("contracts/src/DepegExecutor.sol", "DepegExecutor")  # compiled again if it has changed
    return Ape(sandbox.url, tmp_path)
