"""Reads laid out and taken apart by hand."""

import asyncio

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.addresses import DAI, USDC, WETH
from bot.sandbox.chain import Sandbox
from bot.venues import multicall
from bot.venues.multicall import Asking, Call, call
from bot.venues.rpc import Rpc, RpcError

CALLS = st.lists(
    st.builds(
        Call,
        st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
        st.binary(max_size=100).map(bytes.hex),
    )
)
UINT256 = st.integers(0, 2**256 - 1)


@given(CALLS)
def test_layout_is_that_of_the_abi(calls):
    """A sheet of calls has the bytes that eth_abi gives for aggregate3."""
    told = [(each.target, True, bytes.fromhex(each.data)) for each in calls]
    expected = keccak(text="aggregate3((address,bool,bytes)[])")[:4] + encode(["(address,bool,bytes)[]"], [told])

    assert multicall.encode(calls) == "0x" + expected.hex()


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=100))))
def test_answers_are_those_of_the_abi(answers):
    """What aggregate3 returns is read back; what failed or returned nothing is None."""
    raw = encode(["(bool,bytes)[]"], [answers])

    assert multicall.decode(raw) == [data if success and data else None for success, data in answers]


@given(UINT256, st.integers(-(2**255), 2**255 - 1), st.lists(UINT256))
def test_words(plain, negative, many):
    """Words, signed words and arrays are read as the ABI writes them."""
    raw = encode(["uint256", "int256"], [plain, negative])

    assert (multicall.word(raw), multicall.signed(raw, 1)) == (plain, negative)
    assert multicall.array(encode(["uint256[]"], [many])) == tuple(many)


@given(st.integers(-(2**15), 2**15 - 1))
def test_arguments_may_be_negative(tick):
    """A negative argument is laid out in two's complement."""
    laid_out = bytes.fromhex(call(DAI, "ticks(int24)", tick).data)

    assert decode(["int24"], laid_out[4:]) == (tick,)


async def test_reads_of_one_turn_travel_together(sandbox: Sandbox):
    """What several ask for at once goes to the node as one request, and each gets its own answers."""
    rpc = Rpc([sandbox.url])
    head = await rpc.call("eth_getBlockByNumber", "latest", False)
    sent, batch = [], rpc.batch
    rpc.batch = lambda calls: sent.append(calls) or batch(calls)
    ask = Asking(rpc, head["hash"])
    coins = {USDC: 6, DAI: 18, WETH: 18}
    answers = await asyncio.gather(*(ask(call(coin, "decimals()"), call(coin, "nonsense()")) for coin in coins))
    await rpc.close()

    assert [multicall.word(decimals) for decimals, _ in answers] == list(coins.values())
    assert len(sent) == 1


async def test_sheets_larger_than_one_call_are_split(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    """More reads than fit one eth_call are spread over several, and come back as one."""
    monkeypatch.setattr(multicall, "AT_ONCE", 3)
    rpc = Rpc([sandbox.url])
    head = await rpc.call("eth_getBlockByNumber", "latest", False)
    answers = await Asking(rpc, head["hash"])(*[call(USDC, "decimals()")] * 10)
    await rpc.close()

    assert [multicall.word(answer) for answer in answers] == [6] * 10


async def test_an_unknown_block_is_said_to_all_who_ask(sandbox: Sandbox):
    """Reading at a block the node does not know raises the node's error."""
    rpc = Rpc([sandbox.url])
    with pytest.raises(RpcError):
        await Asking(rpc, "0x" + "12" * 32)(call(USDC, "decimals()"))
    await rpc.close()
