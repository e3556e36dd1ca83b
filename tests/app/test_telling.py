"""What people read of a transaction, also when the world is no longer what it was."""

import asyncio
from decimal import Decimal

import pytest

from bot.app import narrate, telling
from bot.app.settings import Node, Settings
from bot.model.decisions import Hop, Loop, Plan
from bot.model.events import Decided, Mined, Signed
from bot.model.orders import FundingPaid
from bot.model.registry import LenderKind, Registry
from bot.records.transactions import gathered

EMPTY = Registry(chain_id=1, coins={}, pools={}, lenders=())
LOOP = Loop(
    (Hop("0xPool", 0, 1, "0xA", "0xB"),), "0xA", "0xL", LenderKind.MORPHO_BLUE, 5, (5, 7), 0, 2, 10**5, 7.0, 6.5
)
PLAN = Plan("1", LOOP, 1, "", 1, 10, 2, 1, 10**5)


def test_a_coin_the_registry_no_longer_knows_is_told_by_its_address():
    """Old journals are read with the registry of today."""
    mined = Mined(1, 1, "1", "0x01", 2, "0x02", 100_000, 10**9, "0xA", 7)
    told = telling.transaction(gathered("1", [Decided(1, 1, PLAN), mined]), EMPTY)

    assert told["route"] == ["0xA>0xB unknown 0xPool"]
    assert told["summary"] == "5 of 0xA through 0xA>0xA"
    assert told["outcome"].startswith("7 of 0xA in block 2")
    assert "7 of 0xA" in str(narrate.line(mined, EMPTY))


@pytest.mark.parametrize(("amount", "word"), [("-0.0125", "cost 0.0125"), ("3", "brought 3")])
def test_funding_is_told_as_money_that_went_or_came(amount, word):
    """Nobody has to read a sign."""
    paid = FundingPaid(1, 1, "binanceusdm", "USDC-PERP", "1", Decimal(amount), "USDT")

    assert narrate.line(paid, EMPTY) == f"binanceusdm: USDC-PERP {word} USDT"


@pytest.mark.chain
def test_the_attempt_that_was_mined_is_the_one_told(actor, sandbox):
    """An earlier attempt may be mined though a later one was signed for its place."""
    payer = actor.rpc("eth_accounts")[0]
    landed = actor.rpc("eth_sendTransaction", {"from": payer, "to": payer})
    actor.mine()
    attempts = [Signed(1, 1, "1", 0, digest, "0x", 2, 1) for digest in (landed, "0x" + "9" * 64)]
    seen = asyncio.run(
        telling.node_view(Settings(node=Node(urls=[sandbox.url])), gathered("1", [Decided(1, 1, PLAN), *attempts]))
    )

    assert (seen["says"], seen["hash"]) == ("succeeded", landed)
