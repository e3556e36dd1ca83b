"""What counts as a chance at exchanges, and what is said of what does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.coins import shipped
from bot.model.decisions import Depeg, FairValues, Hold, Opportunity, Pair, Value
from bot.model.events import Quote
from bot.model.markets import DOLLAR
from bot.model.orders import Terms
from bot.model.outlooks import Outlook, Stance
from bot.model.times import SECOND, moment
from bot.strategy import onchain, opportunities
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import Counter
from strategy import desks
from strategy.desks import ALPHA, BETA, COINS, T0, TERMS, USDC, USDT, depeg, filled, market, outlook, quote, seen, told

MANDATE = Mandate()
RICH = told(Account(), [seen(venue, USD=1e6, USDT=1e6, USDC=1e6) for venue in (ALPHA, BETA)])
SURE = Value(0.9, 10.0, 1.0, anchored=True)
VALUES = FairValues(T0, {USDC: SURE, DOLLAR: Value(1.0, 0.0, 1.0, anchored=True)})
TOO_LATE = T0 + MANDATE.pair_age


def offer(venue: str, mid: float, size: float = 1e6, at: int = T0, terms: Terms = TERMS) -> Counter:
    """A book of USDC in dollars."""
    return Counter(quote(venue, at, mid, size=size), terms, 1.0)


def chance(
    view: Outlook | None = None,
    fall: Depeg | None = None,
    value: Value = SURE,
    offers: tuple[Counter, ...] = (offer(ALPHA, 0.9), offer(BETA, 0.91)),
    mandate: Mandate = MANDATE,
) -> Hold | str:
    """A hold of USDC, or why there is none."""
    values = replace(VALUES, values={**VALUES.values, USDC: value})
    return opportunities.hold(fall or depeg(), view or outlook(), offers, values, 1.0, mandate)


def test_a_fallen_coin_that_comes_back_is_a_chance() -> None:
    """It is bought where it costs least, the fee counted, and promises what is left after all costs."""
    found = chance()

    assert isinstance(found, Hold)
    assert found.price == pytest.approx(0.9002 * 1.001)
    assert 0 < found.net < outlook().fair / found.price - 1


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (chance(fall=depeg(direction="above")), "above its peg"),
        (chance(outlook(stance=Stance.NO_TOUCH)), "no touch: as told"),
        (chance(outlook(stance=Stance.ATOMIC, reasons=())), "atomic only: by its outlook"),
        (chance(outlook(stance=Stance.HEDGED)), "hedged"),
        (chance(offers=()), "nobody sells it"),
        (chance(offers=(offer(ALPHA, 0.9, size=0.0),)), "nobody sells it"),
        (chance(value=replace(SURE, anchored=False)), "no dollar market"),
        (chance(value=replace(SURE, sigma_bp=101)), "sure to 101 bp only"),
        (chance(outlook(worst=0.91, fair=0.98)), "the outlook is wrong"),
        (chance(outlook(fair=0.905)), "after costs"),
        (chance(outlook(median_time=None, fair=0.918)), "after costs"),
    ],
)
def test_it_is_said_why_one_is_none(found: Hold | str, reason: str) -> None:
    """Each objection has its own words."""
    assert isinstance(found, str)
    assert reason in found


def test_what_nobody_anchors_is_held_only_if_the_user_says_so() -> None:
    """Without a dollar market the mandate decides."""
    assert isinstance(chance(value=replace(SURE, anchored=False), mandate=Mandate(unanchored=True)), Hold)


def test_an_empty_book_is_no_price() -> None:
    """A price at which nobody stands does not make a coin cheaper."""
    found = chance(offers=(offer(ALPHA, 0.85, size=0.0), offer(BETA, 0.9)))

    assert isinstance(found, Hold)
    assert found.price > 0.9


@st.composite
def books(draw: st.DrawFn) -> tuple[Counter, ...]:
    """Markets of USDC at up to three venues, some old, some thin, one in a coin."""
    found = []
    for venue, paid in ((ALPHA, DOLLAR), (ALPHA, USDT), (BETA, DOLLAR), ("gamma", DOLLAR)):
        mid, size = draw(st.integers(9000, 9300)) / 1e4, draw(st.sampled_from((0.0, 200.0, 1e4, 1e7)))
        at, fee = T0 - draw(st.sampled_from((0, 1, 3))) * SECOND, draw(st.sampled_from(("0.001", "0")))
        told_ = quote(venue, at, mid, size=size, against=paid)
        found.append(Counter(told_, Terms(desks.Decimal(fee), desks.Decimal(0)), draw(st.floats(0.99, 1.01))))
    return tuple(found)


@given(books(), st.floats(1, 1e5), st.floats(1, 1e5))
def test_pairs_pay_and_can_be_done(offers: tuple[Counter, ...], money: float, coins: float) -> None:
    """Two venues, both heard of lately; what it nets is after both fees, and both books and purses bear it."""
    held = {"USD": round(money, 2), "USDT": round(money, 2), "USDC": round(coins, 2)}
    account = told(Account(), [seen(venue, **held) for venue in (ALPHA, BETA, "gamma")])
    by_market = {each.market: each for each in offers}
    found = list(opportunities.pairs(USDC, offers, account, T0, MANDATE))

    assert [each.net_usd for each in found] == sorted((each.net_usd for each in found), reverse=True)
    for pair in found:
        buy, sell = by_market[pair.buy], by_market[pair.sell]
        assert buy.market.venue != sell.market.venue
        assert min(buy.quote.seen_at, sell.quote.seen_at) >= T0 - MANDATE.pair_age
        assert sell.bid_usd / buy.ask_usd - 1 >= MANDATE.pair_bp / 1e4 - 1e-12
        assert pair.amount <= min(buy.quote.ask_size, sell.quote.bid_size)
        paid = pair.amount * pair.buy_price * (1 + float(buy.terms.taker))
        assert paid <= float(account.free(buy.market.venue, buy.market.quote)) * (1 + 1e-9)
        assert pair.amount <= float(account.free(sell.market.venue, USDC))
        assert MANDATE.least_usd <= pair.amount * buy.ask_usd <= MANDATE.most_usd * (1 + 1e-9)
        assert pair.net_usd > 0


def test_pairs_leave_what_a_hold_holds() -> None:
    """Coins that are held for their way back are not sold to earn a few basis points: they could not be left then."""
    poor = told(Account(), [seen(ALPHA, USD=1e6), seen(BETA, USD=1e6)])
    held = filled(poor, desks.ticket(market=market(BETA)))
    offers = offer(ALPHA, 0.9), offer(BETA, 0.93)

    assert list(opportunities.pairs(USDC, offers, held, T0, MANDATE)) == []
    assert list(opportunities.pairs(USDC, offers, RICH, T0, MANDATE))
    assert list(opportunities.pairs(USDC, offers, RICH, TOO_LATE, MANDATE))
    assert list(opportunities.pairs(USDC, offers, RICH, TOO_LATE + 1, MANDATE)) == []


def pair(net_bp: float) -> Pair:
    """A pair that nets so much."""
    return Pair(USDC, market(), market(BETA), 0.9, 0.93, 1000, net_bp, net_bp / 10)


@given(st.lists(st.one_of(st.floats(0, 500).map(pair), st.floats(0.5, 0.97).map(lambda p: desks.hold(price=p)))))
def test_ranking_loses_nothing_and_puts_the_best_first(chances: list[Opportunity]) -> None:
    """All of them, none better behind one worse; ranking again changes nothing."""
    ranked = opportunities.ranked(chances)

    assert sorted(map(id, ranked)) == sorted(map(id, chances))
    assert opportunities.ranked(ranked) == ranked
    scores = [each.score for each in ranked if isinstance(each, Hold | Pair)]
    assert scores == sorted(scores, reverse=True)


@given(st.floats(0.9, 1.1), st.floats(0, 300), st.booleans())
def test_money_is_what_is_worth_a_dollar_for_sure(usd: float, sigma_bp: float, ready: bool) -> None:
    """A coin is paid with near its dollar only, and taken wherever it is; no market counts whose venue is not known."""
    values = FairValues(T0, {USDC: SURE, USDT: Value(usd, sigma_bp, 1.0, anchored=True)})
    latest = [Quote(T0, T0, ALPHA, USDC, USDT, 0.9, 0.9, 1e6, 1e6)]
    account = told(RICH, [seen(ALPHA, ready=ready, USDT=1e6)])
    found = opportunities.counters(latest, values, {market(quote=USDT): TERMS}, account, COINS, T0)

    assert bool(found) == ready
    assert bool(opportunities.sound(found)) == (ready and abs(usd - 1) <= 0.02 and sigma_bp <= 100)
    assert opportunities.counters(latest, values, {}, account, COINS, T0) == {}
    for each in found.get(USDC, ()):
        assert each.proceeds_usd <= min(each.quote_usd, 1.0)


def test_what_is_held_is_left_for_money_that_fell() -> None:
    """A market in a coin at 0.9 takes what is to be sold, at what that is worth; nothing is bought there."""
    values = FairValues(T0, {USDC: SURE, USDT: Value(0.9, 5.0, 1.0, anchored=True)})
    latest = [Quote(T0, T0, ALPHA, USDC, USDT, 0.8, 0.8, 1e6, 1e6)]
    account = told(RICH, [seen(ALPHA, USDT=1e6)])
    found = opportunities.counters(latest, values, {market(quote=USDT): TERMS}, account, COINS, T0)

    assert found[USDC][0].bid_usd == pytest.approx(0.8 * 0.9 * (1 - float(TERMS.taker)))
    assert opportunities.sound(found) == {}


def test_a_coin_that_nobody_pays_par_for_is_no_money() -> None:
    """What it is worth may be told by the very market it would be taken in: nothing is sold for it, either."""
    values = FairValues(T0, {USDC: SURE, "SUSD": Value(1.0, 5.0, 1.0, anchored=True)})
    latest = [Quote(T0, T0, ALPHA, USDC, "SUSD", 0.99, 0.991, 1e6, 1e6)]
    account, terms = told(RICH, [seen(ALPHA, SUSD=1e6)]), {market(quote="SUSD"): TERMS}
    paid, no_more = T0, moment("2025-06-01")

    assert opportunities.counters(latest, values, terms, account, shipped(), paid)
    assert opportunities.counters(latest, values, terms, account, shipped(), no_more) == {}


@given(st.floats(0.1, 100))
def test_a_pool_is_bought_in_no_further_than_its_price_may_move(slip_bp: float) -> None:
    """At the touch of a book all costs the same; a pool's size moves its price, and half of that is paid."""
    book, pool = (
        Counter(Quote(T0, T0, venue, USDC, USDT, 0.9, 0.9, 1e6, 1e6), TERMS, 1.0) for venue in (ALPHA, "chain:x")
    )
    assert book.part(slip_bp) == 1
    assert pool.part(slip_bp) * 1e4 * onchain.MOVE / 2 <= slip_bp
