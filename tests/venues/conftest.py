"""A bare chain with a till in the executor's place, and one of real pools: for the tests of sending."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.sandbox import anvil
from bot.sandbox.actor import Actor
from bot.venues.rpc import Rpc

from .office import Office, opened
from .till import CHAIN, Till
from .wallets import as_it_was, still_chain


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with anvil.running(*CHAIN) as chain:
        yield chain.url


@pytest.fixture
def till(url: str) -> Iterator[Till]:
    till = Till.at(url)
    before = till.node.rpc("evm_snapshot")
    yield till
    till.node.rpc("anvil_dropAllTransactions")
    till.node.rpc("evm_revert", before)
    till.node.close()


@pytest.fixture
async def rpc(url: str) -> AsyncIterator[Rpc]:
    rpc = Rpc([url])
    yield rpc
    await rpc.close()


@pytest.fixture
async def office(rpc: Rpc, till: Till) -> Office:
    till.lay(1_000, 50)
    return await opened(rpc)


@pytest.fixture(scope="module")
def patient() -> Iterator[Actor]:
    with still_chain() as actor:
        yield actor


@pytest.fixture
def still(patient: Actor) -> Iterator[Actor]:
    with as_it_was(patient):
        yield patient
