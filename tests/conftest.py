"""The sandbox chain for every test that asks for it. It mines each transaction at once."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from bot.model.registry import Address
from bot.sandbox import chain
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import GUARDIAN, OPERATOR, OWNER, TREASURY
from bot.sandbox.chain import Sandbox

# How long an example takes is what benchmarks are for. "deep" is for scripts/fuzz.
settings.register_profile("usual", deadline=None, derandomize=True)  # what passed here passes anywhere
settings.register_profile("deep", max_examples=20_000, deadline=None)
settings.load_profile("usual")


SEEDS = 40


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=SEEDS, help=f"random states to judge the bot by (default {SEEDS})")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(metafunc.config.getoption("seeds")))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One chain a session, or a worker of it. Its state is built once, whoever comes first."""
    with chain.running() as sandbox:
        yield sandbox


@pytest.fixture
def actor(sandbox: Sandbox) -> Iterator[Actor]:
    """Somebody on the chain, which is afterwards what it was before."""
    actor = Actor(sandbox.url)
    before = actor.snapshot()
    yield actor
    actor.revert(before)
    actor.close()


@pytest.fixture
def executor(actor: Actor) -> Address:
    """A deployed DepegExecutor of `OWNER`, `OPERATOR`, `GUARDIAN` and `TREASURY` in bot.sandbox.addresses."""
    return actor.deploy_executor(OWNER, OPERATOR, GUARDIAN, TREASURY)
