"""What limits and rebalancing make of a coin whose perpetual is sold short."""

from decimal import Decimal
from functools import reduce

import pytest
from strategy.desks import ended, fill, market, ordered, seen, ticket

from bot.app import inventory
from bot.model.account import Account, post
from bot.model.markets import Market
from bot.model.orders import Purpose, Side
from bot.strategy import rebalancing

from .test_halt import told, written

FUTURE = Market("binanceusdm", "USDC-PERP", "USDT")


def hedged(bought=1_000, short=1_000):
    """So many USDC bought at 0.90, so many of its perpetual sold at 0.95."""
    known = {"kind": "hedged", "trade": "h"}
    legs = [
        (ticket(id="buy", amount=Decimal(1_000), market=market("kraken"), **known), bought),
        (
            ticket(id="short", side=Side.SELL, limit=Decimal("0.95"), market=FUTURE, purpose=Purpose.HEDGE, **known),
            short,
        ),
    ]
    purses = [seen("kraken", USD=100_000), seen("binanceusdm", USDT=50_000)]
    fills = [(of, Decimal(amount)) for of, amount in legs if amount]
    orders = [
        each
        for of, amount in fills
        for each in (ordered(of), fill(of, 1, amount, Decimal(0), of.market.quote), ended(of, amount))
    ]
    return [*purses, *orders]


def test_what_is_owed_counts_at_what_it_was_sold_for(tmp_path):
    """A hedge changes no capital: coins at cost, the short at its price."""
    written(tmp_path, *hedged()).close()
    found = told(tmp_path, "limits")

    assert found["capital_usd"] == pytest.approx(150_000)
    assert [(each["coins"], each["short"]) for each in found["open"]] == [("1000", "1000")]
    assert found["used"]["risk"] == pytest.approx(0.05 * 900)


@pytest.mark.parametrize("legs", [(1_000, 0), (0, 1_000)])
def test_a_leg_alone_is_a_risk_in_full(tmp_path, legs):
    """What has no other side may lose all that it cost."""
    written(tmp_path, *hedged(*legs)).close()
    assert told(tmp_path, "limits")["at_most"]["risk"] >= 900


def test_neither_a_debt_nor_what_covers_it_is_moved():
    """Margin that covers a short is no inventory, nor is the short; at futures only margin is wanted."""
    account = reduce(post, hedged(), Account())
    stock = rebalancing.stocks(account)

    assert set(stock) == {("kraken", "USD"), ("kraken", "USDC"), ("binanceusdm", "USDT")}
    assert stock["binanceusdm", "USDT"].held == 50_000 + 950 - 1_250
    assert ("binanceusdm", "USD") not in inventory.equal(stock)
    assert not any(asset.endswith("-PERP") for _, asset in inventory.first(hedged()))
