"""What may be sold short, bought back and staked on a hedge, and no more."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.decisions import Hedged
from bot.model.orders import COVER, MARGIN, Purpose, Side, Terms
from bot.model.outlooks import Stance
from bot.model.times import DAY
from bot.strategy import hedging, risk, stakes
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import Counter
from bot.strategy.risk import Standing, Worth
from bot.strategy.stakes import Holdings, Stake
from strategy.desks import (
    ALPHA,
    COINS,
    T0,
    TERMS,
    USDC,
    USDT,
    ended,
    fill,
    market,
    opened,
    ordered,
    outlook,
    quote,
    seen,
    ticket,
    told,
)
from strategy.futures import CARRIED, DEAR, FUTURE, GAMMA, LOW, SHORT


@given(short=st.decimals(0, 1000, places=2), asked=st.decimals("0.01", 2000, places=2))
def test_a_perpetual_is_never_bought_beyond_what_is_short(short: Decimal, asked: Decimal) -> None:
    """The gate lets back what was sold short, and no more: a long position is never opened."""
    account = told(Account(), [seen(GAMMA, **{USDT: 1e6, FUTURE: -float(short)})])
    back = ticket(kind="hedged", market=SHORT, side=Side.BUY, amount=asked, purpose=Purpose.EXIT)
    verdict = risk.review_order(back, account, Worth(1e6, 1e6), Standing(), Mandate())
    assert isinstance(verdict, risk.ApprovedOrder) == (asked <= short)


@given(sold=st.decimals(0, 200_000, places=2), price=st.decimals("0.1", "1.1", places=4))
def test_the_gate_covers_every_short(sold: Decimal, price: Decimal) -> None:
    """What was let through can be bought back at the worst price, and nothing else may spend what that takes."""
    account = told(Account(), [seen(GAMMA, **{USDT: 10_000})])
    short = ticket(kind="hedged", market=SHORT, side=Side.SELL, amount=sold, limit=price, purpose=Purpose.HEDGE)
    verdict = risk.review_order(short, account, Worth(1e6, 1e6), Standing(), Mandate())
    if not isinstance(verdict, risk.ApprovedOrder):
        assert sold == 0 or sold * (COVER - price) > 10_000
        return
    promised = told(account, [ordered(short)])
    done = told(promised, [opened(short), fill(short, 0, sold), ended(short, sold)])
    assert done.balances[GAMMA, MARGIN] >= sold * COVER
    assert done.free(GAMMA, MARGIN) == promised.free(GAMMA, MARGIN) == 10_000 - sold * (COVER - price)


shares = st.floats(0, 0.3)


@given(shares, shares, st.floats(0, 30_000), st.floats(0.001, 0.2))
def test_a_hedge_is_never_larger_when_anything_is_worse(held: float, more: float, lost: float, parted: float) -> None:
    """More held, more lost, prices that may part further: the room shrinks or stays, and it has limits."""
    mandate = Mandate()
    found = Hedged(USDC, market(), SHORT, outlook(), 0.9, 0.94, 1e6, 0.03, 2.0, parted)

    def room(cost: float, lost: float, parted: float) -> float:
        holdings = Holdings(1e6, lost, {USDC: Stake(cost * 1e6, cost * 1e6 * 0.05)})
        chance = Hedged(*(getattr(found, name) for name in found.__slots__[:-1]), parted)
        return stakes.hedged_room(chance, holdings, 1e9, COINS, mandate).usd

    usual = room(held, 0.0, parted)
    assert usual <= max(mandate.per_coin - held, 0) * 1e6 + 1e-6
    assert usual * parted <= mandate.risk_per_bet * 1e6 + 1e-6
    assert room(held + more, 0.0, parted) <= usual
    assert room(held, lost, parted) <= usual
    assert room(held, 0.0, parted * 2) <= usual


def test_an_order_s_gas_counts() -> None:
    """Where an order costs dollars besides its fee a hedge promises less."""
    there = [Counter(quote(ALPHA, T0, LOW), TERMS, 1.0)]
    gas = [Counter(quote(ALPHA, T0, LOW), Terms(TERMS.taker, TERMS.maker, flat_usd=50.0), 1.0)]
    short = [Counter(quote(GAMMA, T0, DEAR, FUTURE, 1e6, USDT), CARRIED, 1.0)]
    account = told(Account(), [seen(ALPHA, USD=1e5), seen(GAMMA, USDT=1e5)])
    view = outlook(stance=Stance.HEDGED)

    cheap, dear = (hedging.chance(USDC, view, each, short, account, Mandate(), 0, T0) for each in (there, gas))
    assert isinstance(cheap, Hedged)
    assert isinstance(dear, Hedged)
    assert cheap.net - dear.net == pytest.approx(2 * 50 / Mandate().most_usd, rel=0.1)
    assert cheap.days == (view.median_time or 0) / DAY
