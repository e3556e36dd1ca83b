"""What is read out of what ccxt says of currencies."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from bot.model.coins import shipped
from bot.model.ways import Way
from bot.venues.transfers import Transfers

COINS = shipped()
OPEN, SHUT = ({"deposit": True, "withdraw": out, "fee": "4", "info": {}} for out in (True, False))


@dataclass
class Said:
    """An exchange that says this."""

    told: dict

    async def currencies(self):
        return self.told

    def asset(self, code):
        return COINS.asset(code) or code


def transfers(told):
    """Its ways, at a moment."""
    return Transfers("okx", Said(told), COINS.by_symbol, lambda: 1)


@pytest.mark.parametrize("first", ["USDC", "USDC.E"])
async def test_a_coin_of_another_name_says_nothing_of_ours(first):
    """The one that was bridged may be shut while ours goes out, whichever is listed first."""
    said = {"USDC": {"networks": {"ERC20": OPEN}}, "USDC.E": {"networks": {"MATIC": SHUT}}}
    told = await transfers({first: said[first], **said}).ask()

    assert told == {"USDC": {"ERC20": Way(deposit=True, withdraw=True, fee=Decimal(4))}}


async def test_a_share_of_the_amount_is_a_fee_not_known():
    """Bybit may take one besides its fee, which ccxt does not read."""
    shares = {
        name: {**OPEN, "info": {"withdrawPercentageFee": share}} for name, share in (("SOL", "0.02"), ("TRX", "0"))
    }
    told = await transfers({"USDT": {"networks": shares}}).ask()

    assert {name: way.fee for name, way in told["USDT"].items()} == {"SOL": None, "TRX": Decimal(4)}


async def test_only_what_is_new_is_told():
    """And nothing where it does not answer: what was told counts on."""
    said = transfers({"USDT": {"networks": {"TRX": OPEN}}, "PEPE": {"networks": {"ERC20": OPEN}}})
    (first,) = await said.news()
    assert [asset for asset, *_ in first.ways] == ["USDT"]
    assert await said.news() == []
    said._calls.told = None
    assert await said.news() == []
    said._calls.told = {"USDT": {"networks": {"TRX": SHUT}}}
    assert len(await said.news()) == 1
