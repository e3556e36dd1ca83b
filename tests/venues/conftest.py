"""A bare chain with a till in the executor's place, for the tests of sending."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.sandbox import anvil
from bot.venues.rpc import Rpc

from .office import Office, opened
from .till import CHAIN, Till


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
