"""What pairs carry away comes back, and they pay for it."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.markets import Market
from bot.model.orders import Side
from bot.strategy import drift, opportunities, rebalancing
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import Counter
from bot.strategy.rebalancing import Bounds, Rebalancing, Stock

from .desks import ALPHA, BETA, T0, TERMS, USDC, filled, market, ordered, quote, seen, ticket, told
from .test_rebalancing import AT_PAR, USDT, all_ways, coins, equal, everywhere, stocks


def test_coins_of_an_open_hold_are_no_inventory():
    """They lie where they were bought and stay there; what an order may still sell is inventory that may not go."""
    account = told(Account(), [seen(ALPHA, USD=100_000, USDC=5_000), seen(BETA, USD=100_000, USDC=5_000)])
    account = filled(account, ticket(amount=Decimal(1_000)))
    account = told(account, [ordered(ticket(id="rp2", trade="p1", kind="pair", side=Side.SELL, amount=Decimal(800)))])
    stock = rebalancing.stocks(account)
    assert stock[ALPHA, USDC] == Stock(Decimal(5_000), Decimal(4_200))
    assert stock[BETA, USDC] == Stock(Decimal(5_000), Decimal(5_000))
    coins_only = {purse: each for purse, each in stock.items() if purse[1] == USDC}
    assert rebalancing.plan(coins_only, AT_PAR, equal(coins_only), everywhere()) == Rebalancing((), ())


def test_a_pair_drifts_and_what_mends_it_costs_what_was_foretold():
    """Coins gather at one venue, money at the other: two moves, whose fees are the drift's cost."""
    ways = everywhere(5)
    stock = coins(10_000, 0) | coins(0, 10_000, asset=USDT)
    found = rebalancing.plan(stock, AT_PAR, equal(stock), ways, Bounds(most_bp=20.0))
    assert [(each.asset, each.sender, each.receiver) for each in found.moves] == [
        (USDC, ALPHA, BETA),
        (USDT, BETA, ALPHA),
    ]
    bought, sold = market(ALPHA, USDC, USDT), market(BETA, USDC, USDT)
    cost = drift.cost_bp(bought, sold, AT_PAR, ways, 5_000.0)
    assert cost == pytest.approx(sum(float(each.fee) for each in found.moves) / 5_000 * 1e4)


@given(all_ways(), st.floats(100, 1e6), st.floats(100, 1e6))
def test_drift_costs_less_the_more_is_moved_at_once(ways, one, other):
    """Fees are flat; where there is no way there is no cost to tell."""
    both = {name: {USDC: each[USDC], USDT: each[USDC]} for name, each in ways.items()}
    bought, sold = Market("alpha", USDC, USDT), Market("beta", USDC, USDT)
    costs = [drift.cost_bp(bought, sold, AT_PAR, both, usd) for usd in sorted((one, other))]
    there = isinstance(rebalancing.route(USDC, "alpha", "beta", both), rebalancing.Route)
    back = isinstance(rebalancing.route(USDT, "beta", "alpha", both), rebalancing.Route)
    assert (None in costs) == (not (there and back))
    assert None in costs or all(more >= less >= 0 for more, less in pairwise(costs))
    assert drift.cost_bp(bought, Market("beta", USDC, "USD"), AT_PAR, both, one) is None


@given(st.floats(0, 200), st.floats(0.91, 0.95))
def test_a_pair_pays_for_its_drift(cost, dear):
    """What bringing the coins back is thought to cost is no profit, and a pair that only pays without it is none."""
    account = told(Account(), [seen(venue, USD=1e6, USDC=1e6) for venue in (ALPHA, BETA)])
    offers = tuple(Counter(quote(venue, T0, mid), TERMS, 1.0) for venue, mid in ((ALPHA, 0.9), (BETA, dear)))
    free = next(opportunities.pairs(USDC, offers, account, T0, Mandate(rebalance_bp=0.0)))
    paid = list(opportunities.pairs(USDC, offers, account, T0, Mandate(rebalance_bp=cost)))
    assert bool(paid) == (free.net_bp - cost >= Mandate().pair_bp)
    assert [each.net_bp for each in paid] == [pytest.approx(free.net_bp - cost)] * len(paid)
    assert all(each.net_usd <= free.net_usd for each in paid)


@given(stocks(), all_ways())
def test_every_way_a_pair_may_go_has_its_cost(stocked, ways):
    """Between every two venues that hold coin and money, both ways; what lies there drifts before it is moved."""
    held = {(venue, asset): each.held for (venue, _), each in stocked[0].items() for asset in (USDC, USDT)}
    both = {name: {USDC: each[USDC], USDT: each[USDC]} for name, each in ways.items()}
    found = list(drift.drifts(held, (USDC,), AT_PAR, both))
    venues = {venue for venue, _ in held}

    assert len(found) == len(venues) * (len(venues) - 1)
    assert {each.buy.base for each in found} <= {USDC}
    for each in found:
        there = float(held[each.buy.venue, USDC] + held[each.sell.venue, USDC])
        cost = drift.cost_bp(each.buy, each.sell, AT_PAR, both, there)
        assert each.cost_bp == (cost and pytest.approx(cost))


amounts = st.decimals(0, 20_000, places=2)


@given(amounts, amounts, amounts, amounts)
def test_what_lies_elsewhere_or_is_another_money_is_not_counted(coins_here, coins_there, here, there):
    """Coins at both venues; what is paid with at the one, and what is got at the other. The rest is of no use."""
    held = {
        (ALPHA, USDC): coins_here,
        (BETA, USDC): coins_there,
        (ALPHA, USDT): here,
        (BETA, "USDE"): there,
        ("gamma", USDC): Decimal(10**6),
        ("gamma", USDT): Decimal(10**6),
        (BETA, USDT): Decimal(10**6),
    }
    usd = AT_PAR | {"USDE": 1.0}
    least = drift.gathered_usd(held, market(ALPHA, USDC, USDT), market(BETA, USDC, "USDE"), usd)
    assert least == pytest.approx(float(min(coins_here + coins_there, here + there)))


def test_money_at_a_bank_has_no_cost_that_is_known():
    """Exchanges do not tell what a bank takes: there the mandate's own figure stands."""
    held = {(venue, asset): Decimal(10_000) for venue in (ALPHA, BETA) for asset in (USDC, "USD")}
    found = list(drift.drifts(held, (USDC,), AT_PAR | {"USD": 1.0}, everywhere()))

    assert [(each.buy.venue, each.sell.venue, each.cost_bp) for each in found] == [
        (ALPHA, BETA, None),
        (BETA, ALPHA, None),
    ]
