"""What does not go out of an exchange is worth less there: nothing is begun that ends with it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.decisions import Pair, Pull
from bot.model.orders import Purpose, WaysSeen
from bot.model.ways import Way, held_back
from bot.strategy import drift, opportunities
from bot.strategy import outlook as outlooks
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import Counter

from .desks import ALPHA, BETA, T0, TERMS, USDC, USDT, both, market, placed, quote, seen, thinks, told, world

OPEN, SHUT, UNKNOWN = (Way(True, out, Decimal(4)) for out in (True, False, None))
NOTHING_IN = Way(False, True, Decimal(4))
APART = {(ALPHA, USDC): 0.9950, (BETA, USDC): 1.0}


@pytest.fixture
def liked(monkeypatch):
    """Every coin is thought well of: what is judged here is what exchanges let go."""
    monkeypatch.setattr(outlooks, "assess", thinks)


def ways(venue, way, asset=USDC):
    """What an exchange tells of a coin."""
    return WaysSeen(T0, T0, venue, ((asset, "ERC20", way),))


@given(st.dictionaries(st.sampled_from(["ERC20", "SOL", ""]), st.sampled_from([OPEN, SHUT, UNKNOWN])))
def test_it_is_held_back_where_all_that_is_told_is_shut(networks):
    """One network that is open, or of which nothing is known, is enough; and so is an exchange that does not tell."""
    why = held_back(USDC, ALPHA, {ALPHA: {USDC: networks}})
    assert (why is not None) == (bool(networks) and set(networks.values()) == {SHUT})
    assert held_back(USDT, ALPHA, {ALPHA: {USDC: networks}}) is None
    assert held_back(USDC, BETA, {ALPHA: {USDC: networks}}) is None


def test_no_pair_buys_a_coin_that_stays_where_it_is():
    """It is cheap there because nobody gets it out. It is told once, and the pair comes when it goes out again."""
    made = world(USDC=50_000)
    made.tell(ways(ALPHA, SHUT))
    made.look(both(0.9990))

    assert placed(made.look(APART)) == []
    assert placed(made.look(APART)) == []
    (passed,) = [each for each in made.state.desk.passed if each.chance == "pair"]
    assert passed.reason.startswith(f"no USDC goes out of {ALPHA} now")
    made.tell(ways(ALPHA, OPEN))
    assert len(placed(made.look(APART))) == 2


def test_no_pair_sells_for_money_that_stays_where_it_is():
    """A coin is dear there because it is the way out."""
    pair = Pair(USDC, market(ALPHA), market(BETA, USDC, USDT), 0.995, 1.0, 1_000.0, 40.0, 4.0)
    account = told(Account(), [ways(BETA, SHUT, USDT)])

    assert "no USDT goes out of beta" in (opportunities.caught(pair, account.ways) or "")
    assert opportunities.caught(replace(pair, sell=market(BETA)), account.ways) is None


@pytest.mark.parametrize(("sender", "receiver"), [(UNKNOWN, OPEN), (OPEN, NOTHING_IN)])
def test_no_pair_goes_where_there_is_no_way_back(sender, receiver):
    """Both exchanges tell, and the coin does not come to where it was sold: it is dear there because of that."""
    pair = Pair(USDC, market(ALPHA), market(BETA), 0.995, 1.0, 1_000.0, 40.0, 4.0)
    both_tell = told(Account(), [ways(ALPHA, sender), ways(BETA, receiver)])
    one_is_silent = told(Account(), [ways(ALPHA, sender)])

    assert opportunities.caught(pair, both_tell.ways) is not None
    assert opportunities.caught(pair, one_is_silent.ways) is None


@pytest.mark.usefixtures("liked")
def test_a_bid_is_taken_back_when_the_coin_goes_out_no_more():
    """At once: everybody there sells to whoever still buys."""
    made = world()
    resting = {each.id for each in placed(made.fall(USDC, 0.9)) if each.market.venue == ALPHA}
    made.tell(ways(ALPHA, SHUT))

    pulled = {each.order_id for each in made.look(both(0.9)) if isinstance(each, Pull)}
    assert resting
    assert pulled == resting


@pytest.mark.usefixtures("liked")
def test_a_fallen_coin_is_bought_only_where_it_goes_out():
    """And nowhere, with a reason, where it goes out of no exchange."""
    made = world()
    made.tell(ways(ALPHA, SHUT))
    assert {each.market.venue for each in placed(made.fall(USDC, 0.9))} == {BETA}

    made = world()
    made.tell(ways(ALPHA, SHUT), ways(BETA, SHUT))
    assert placed(made.fall(USDC, 0.9)) == []
    assert "goes out of" in made.state.desk.passed[-1].reason


@pytest.mark.usefixtures("liked")
def test_what_is_held_is_sold_where_nothing_goes_out():
    """At the stop, the money may be held back as well: less of it is lost than of the coin."""
    made = world()
    for each in placed(made.fall(USDC, 0.9)):
        made.fill(each)
    made.tell(ways(ALPHA, SHUT), ways(BETA, SHUT), ways(ALPHA, SHUT, USDT))

    assert placed(made.look(both(0.79)), Purpose.EXIT)


@given(st.decimals(0, 200, places=2), st.decimals(0, 200, places=2), st.floats(0.91, 0.95))
def test_a_pair_pays_what_the_exchanges_ask_for_going_back(coins_fee, money_fee, dear):
    """Not what is assumed where they do not tell."""
    books = told(Account(), [seen(venue, USDT=50_000, USDC=50_000) for venue in (ALPHA, BETA)])
    asked = [(ALPHA, USDC, coins_fee), (BETA, USDC, coins_fee), (ALPHA, USDT, money_fee), (BETA, USDT, money_fee)]
    known = {
        venue: tuple((asset, "ERC20", Way(True, True, fee)) for where, asset, fee in asked if where == venue)
        for venue in (ALPHA, BETA)
    }
    telling = told(books, [WaysSeen(T0, T0, venue, each) for venue, each in known.items()])
    offers = tuple(
        Counter(quote(venue, T0, mid, against=USDT), TERMS, 1.0) for venue, mid in ((ALPHA, 0.9), (BETA, dear))
    )
    free = next(opportunities.pairs(USDC, offers, books, T0, Mandate(rebalance_bp=0.0)))
    usd = {USDC: offers[0].ask_usd, USDT: 1.0}
    cost = drift.cost_bp(free.buy, free.sell, usd, telling.ways, 1e5 * usd[USDC])  # what lies at both of either
    paid = list(opportunities.pairs(USDC, offers, telling, T0, Mandate(rebalance_bp=1e9)))

    assert cost == pytest.approx((float(coins_fee) * usd[USDC] + float(money_fee)) / (1e5 * usd[USDC]) * 1e4)
    assert bool(paid) == (free.net_bp - cost >= Mandate().pair_bp)
    assert [each.net_bp for each in paid] == [pytest.approx(free.net_bp - cost)] * len(paid)
