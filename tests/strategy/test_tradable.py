"""A fallen coin is bought where much stands and goes on standing, and no more of it than could be sold again."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.amm.constant_product import ConstantProduct
from bot.model.decisions import Action, FairValues
from bot.model.events import Quote, QuotesSeen
from bot.model.markets import DOLLAR, Market
from bot.model.orders import Purpose, Terms
from bot.model.times import MINUTE, SECOND
from bot.strategy import drying, tradable
from bot.strategy import outlook as outlooks
from bot.strategy.drying import Liquidity
from bot.strategy.mandate import Mandate
from bot.strategy.memory import Memory
from bot.strategy.onchain import Pair
from bot.strategy.opportunities import Counter
from bot.strategy.ordering import Desk, Look, Rules
from bot.strategy.pool_depth import Pools
from bot.strategy.risk import Standing
from strategy.desks import (
    ALPHA,
    BETA,
    COINS,
    T0,
    TERMS,
    USDC,
    USDT,
    World,
    depeg,
    market,
    placed,
    policy,
    quote,
    seen,
    thinks,
    world,
)

LOW = 0.9
DEEP, THIN = 1e6, 100.0
POOL = Market("chain:a pool", USDC, USDT)
FALL = (LOW, 0.8)


@pytest.fixture
def liked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every coin is thought well of: what is judged here are its markets."""
    monkeypatch.setattr(outlooks, "assess", thinks)
    return iter(())


def looked(made: World, after: int = SECOND, **sizes: float) -> list[Action]:
    """What comes of a look at USDC at 0.90, so much of it at each exchange."""
    made.now += after
    quotes = tuple(quote(venue, made.now, LOW, size=size) for venue, size in sizes.items())
    return made.tell(QuotesSeen(made.now, made.now, quotes))


def fallen(made: World, minutes: int, **sizes: float) -> list[Action]:
    """The same for some minutes, a look every fifteen seconds."""
    return [each for _ in range(4 * minutes) for each in looked(made, 15 * SECOND, **sizes)]


def bought_at(came: list[Action]) -> set[str]:
    """Where."""
    return {each.market.venue for each in placed(came, Purpose.ENTER)}


def sight(*, known: Liquidity | None = None, pools: Pools | None = None, now: int = T0 + MINUTE) -> tuple[Desk, Look]:
    """A desk and what it looks at: USDC off its peg since T0."""
    look = Look(now, FairValues(), {}, (replace(depeg(), alert=T0),), Standing(), pools=pools or Pools())
    return Desk(liquidity=known or Liquidity()), look


def offer(venue: str = ALPHA, size: float = DEEP, mid: float = LOW, terms: Terms = TERMS) -> Counter:
    """A market of USDC."""
    return Counter(quote(venue, T0, mid, size=size), terms, 1.0)


def sellable(*offers: Counter, fall: tuple[float, float] = FALL, **told: Any) -> float:
    """Dollars that could be sold."""
    desk, look = sight(**told)
    return tradable.sellable_usd(USDC, fall, offers, desk, look, Rules(COINS, Mandate(), Memory(()), {}))


def followed(*quotes: Quote) -> Liquidity:
    """What is remembered of a market that was seen once a minute."""
    known = Liquidity()
    for each in quotes:
        known = drying.fold(known, {each.market: each}, (each.market,), each.seen_at)
    return known


@pytest.mark.usefixtures("liked")
def test_a_poor_market_is_not_bought_in() -> None:
    """The price is the same at both exchanges: where next to nothing stands nothing is ordered."""
    assert bought_at(fallen(world(), 2, alpha=DEEP, beta=THIN)) == {ALPHA}


@pytest.mark.usefixtures("liked")
def test_where_all_markets_are_poor_it_is_told() -> None:
    """No order, and a reason in words."""
    made = world()

    assert bought_at(fallen(made, 3, alpha=THIN, beta=THIN)) == set()
    assert "too little stands where it is sold" in made.state.desk.passed[-1].reason


@pytest.mark.usefixtures("liked")
def test_a_market_that_dries_up_is_not_bought_in() -> None:
    """What halved of late is left alone, though it scores well enough; money that comes then goes elsewhere."""
    made = World(policy())
    fallen(made, 20, alpha=DEEP, beta=DEEP)
    fallen(made, 9, alpha=5_000.0, beta=DEEP)
    made.tell(seen(ALPHA, USD=100_000), seen(BETA, USD=100_000))

    assert bought_at(looked(made, alpha=5_000.0, beta=DEEP)) == {BETA}


@pytest.mark.usefixtures("liked")
def test_what_is_held_is_sold_however_thin_the_market() -> None:
    """Ways out stay open: a poor market takes what it can at the stop."""
    made = world()
    for each in placed(fallen(made, 2, alpha=DEEP, beta=DEEP)):
        made.fill(each)
    made.now += SECOND
    stop = tuple(quote(venue, made.now, 0.79, size=THIN) for venue in (ALPHA, BETA))

    assert placed(made.tell(QuotesSeen(made.now, made.now, stop)), Purpose.EXIT)


def test_its_trend_is_told_where_it_is_why() -> None:
    """A book that was deep and is thin, though not poor, is said to dry up."""
    minutes = [quote(ALPHA, T0 + n * MINUTE, LOW, size=DEEP if n < 20 else 5_000.0) for n in range(31)]
    desk, look = sight(known=followed(*minutes), now=T0 + 30 * MINUTE)
    offers = (offer(size=5_000.0),)

    assert tradable.buyable(USDC, offers, desk, look, Mandate()) == ()
    assert "dry up: alpha" in (tradable.why_not(USDC, offers, desk, look) or "")
    assert tradable.why_not(USDC, (replace(offers[0], quote=replace(offers[0].quote, ask=None)),), desk, look) is None


def test_what_was_before_the_alert_is_no_drying() -> None:
    """That books thin as a coin leaves its peg is known beforehand."""
    minutes = [quote(ALPHA, T0 + n * MINUTE, LOW, size=DEEP if n < 0 else 5_000.0) for n in range(-30, 11)]
    desk, look = sight(known=followed(*minutes), now=T0 + 10 * MINUTE)

    assert tradable.buyable(USDC, (offer(size=5_000.0),), desk, look, Mandate())


@given(st.lists(st.floats(1.0, 1e7), min_size=1, max_size=6))
def test_the_best_market_is_the_first(sizes: list[float]) -> None:
    """Of those that may be bought in."""
    offers = tuple(offer(f"v{n}", size) for n, size in enumerate(sizes))
    found = tradable.buyable(USDC, offers, *sight(), Mandate())

    assert [tradable.score(each) for each in found] == sorted(map(tradable.score, found), reverse=True)
    assert {each.market for each in found} == {each.market for each in offers if tradable.score(each) >= tradable.POOR}


@given(st.floats(0, 1e7), st.floats(0, 1e7), st.floats(0.5, 0.99), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_no_more_can_be_sold_of_less_or_on_a_longer_way_down(
    size: float, other: float, price: float, worst: float, worse: float
) -> None:
    """Every market adds, more that stands is more, and a deeper stop leaves no more."""
    less, more = (offer(size=each) for each in sorted((size, other)))
    high, stop, deep = sorted((price, worst, worse), reverse=True)

    assert sellable(less, fall=(high, stop)) <= sellable(more, fall=(high, stop))
    assert sellable(more, fall=(high, deep)) <= sellable(more, fall=(high, stop))
    assert sellable(more, offer(BETA, size), fall=(high, stop)) >= sellable(more, fall=(high, stop))


def test_of_what_stands_a_quarter_comes_again_for_an_hour() -> None:
    """A coin that is off its peg already has lost its depth: 10,000 dollars standing are 150,000 in sixty minutes."""
    bid = quote(ALPHA, T0, LOW).bid or 0.0

    assert sellable(offer(size=10_000 / bid)) == pytest.approx(150_000)
    assert sellable(offer(size=10_000 / bid), fall=(1.0, 0.8)) == pytest.approx(150_000 * 0.016)


def test_a_market_that_went_wide_once_is_not_counted_on() -> None:
    """Where its spread grew by ten percent, what would be bid then is beyond what an order in a hurry may lose."""
    wild = [replace(quote(ALPHA, T0 + n * MINUTE, LOW), ask=1.0 if n > 25 else 0.9002) for n in range(40)]

    assert sellable(offer(), known=followed(*wild), now=T0 + 39 * MINUTE, fall=(0.98, 0.8)) == 0
    assert sellable(offer(BETA), known=followed(*wild), now=T0 + 39 * MINUTE, fall=(0.98, 0.8)) > 0


def test_a_pool_is_there_once() -> None:
    """Of a pair of a million what lies within the hurry's slippage is some 0.8 percent, and does not come again."""
    pair = ConstantProduct(10**6 * 10**6, 900_000 * 10**6)
    pools = Pools({POOL: ("0x1", Pair(POOL, 0, 1, 1e6, 1e6))}, {"0x1": pair})
    there = Counter(Quote(T0, T0, *POOL, 0.8973, 0.9027, 5e4, 5e4), TERMS, 1.0)

    assert 5_000 < sellable(there, pools=pools) < 9_000
    assert sellable(there) == pytest.approx(5e4 * 0.8973)


@pytest.mark.usefixtures("liked")
def test_every_look_is_followed() -> None:
    """In calm as off the peg the markets where orders may go are remembered, a minute at a time, for an hour."""
    made = World(policy(markets=[market(ALPHA)]))
    for n in range(70):
        made.now += MINUTE
        price = 1.0 if n < 35 else LOW
        made.tell(QuotesSeen(made.now, made.now, tuple(quote(venue, made.now, price) for venue in (ALPHA, BETA))))
    samples = made.state.desk.liquidity.samples

    assert len(samples) == 60
    assert {market for each in samples for market in each.readings} == {Market(ALPHA, USDC, DOLLAR)}
