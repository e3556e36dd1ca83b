"""Inventory comes back to where it is wanted, over open ways only, at the least fees."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import networks
from bot.model.account import Account
from bot.model.markets import Market
from bot.model.orders import Side
from bot.strategy import opportunities, rebalancing
from bot.strategy.mandate import Mandate
from bot.strategy.opportunities import Counter
from bot.strategy.rebalancing import Bounds, Move, Rebalancing, Stock, Way

from .desks import ALPHA, BETA, T0, TERMS, USDC, filled, market, ordered, quote, seen, ticket, told

USDT = "USDT"
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon")
NETWORKS = ("ERC20", "TRC20", "SOL", "Tron", "MOONBASE", "")
AT_PAR = {USDC: 1.0, USDT: 1.0}
OPEN = Way(deposit=True, withdraw=True, fee=Decimal(1))


@st.composite
def stocks(draw, venues=5):
    """Coins at some venues, part of them promised, and where they are wanted."""
    names = NAMES[: draw(st.integers(1, venues))]
    amounts = st.decimals(0, 100_000, places=3)
    held = {(name, USDC): draw(amounts) for name in names}
    stock = {purse: Stock(each, each * draw(st.sampled_from([0, Decimal("0.5"), 1]))) for purse, each in held.items()}
    return stock, {purse: Decimal(draw(st.integers(0, 3))) for purse in held}


@st.composite
def all_ways(draw):
    """What five exchanges say of one coin."""
    maybe = st.sampled_from([True, True, True, False, None])
    fee = st.one_of(st.none(), st.decimals(0, 20, places=4))
    way = st.builds(Way, maybe, maybe, fee)
    return {name: {USDC: draw(st.dictionaries(st.sampled_from(NETWORKS), way, max_size=4))} for name in NAMES}


bounds = st.builds(Bounds, st.floats(0.01, 1.0), st.floats(0.0, 100.0), st.floats(0.0, 1_000.0))


def everywhere(fee=1, networks=("ERC20",), names=NAMES):
    """Every way open, at one fee."""
    way = Way(deposit=True, withdraw=True, fee=Decimal(fee))
    return {name: {USDC: dict.fromkeys(networks, way), USDT: dict.fromkeys(networks, way)} for name in names}


def coins(*amounts, free=None, asset=USDC):
    """So many at alpha, beta, ..."""
    both = zip(NAMES, amounts, free or amounts, strict=False)
    return {(name, asset): Stock(Decimal(held), Decimal(may)) for name, held, may in both}


def equal(stock):
    """As much at each."""
    return dict.fromkeys(stock, Decimal(1))


def after(stock, moves):
    """What lies where when all has arrived."""
    left = {purse: each.held for purse, each in stock.items()}
    for move in moves:
        left[move.sender, move.asset] -= move.amount
        left[move.receiver, move.asset] += move.arrives
    return left


@given(stocks(), all_ways(), bounds)
def test_nothing_leaves_that_is_promised_and_nothing_goes_a_closed_way(stocked, ways, within):
    """No venue sends more than is free there, and only where both ends are surely open and the fee is known."""
    stock, targets = stocked
    moves = rebalancing.plan(stock, AT_PAR, targets, ways, within).moves
    for name in NAMES:
        sent = sum(each.amount for each in moves if each.sender == name)
        assert sent <= stock.get((name, USDC), Stock(Decimal(0), Decimal(0))).free
    for move in moves:
        out, into = (
            [way for name, way in ways[end][USDC].items() if networks.named(name) == move.network]
            for end in (move.sender, move.receiver)
        )
        assert out
        assert into
        assert all(each.withdraw and each.fee is not None and each.fee <= move.fee for each in out)
        assert all(each.deposit for each in into)


@given(stocks(), all_ways(), bounds)
def test_only_fees_are_lost(stocked, ways, within):
    """What there is after the moves is what there was, less their fees."""
    stock, targets = stocked
    moves = rebalancing.plan(stock, AT_PAR, targets, ways, within).moves
    before = sum(each.held for each in stock.values())
    assert sum(after(stock, moves).values()) == before - sum(each.fee for each in moves)


@given(stocks(), all_ways(), bounds)
def test_no_move_costs_more_than_is_allowed_and_there_are_few(stocked, ways, within):
    """Each move is worth its fee; there are fewer than venues, and none to and fro."""
    stock, targets = stocked
    moves = rebalancing.plan(stock, AT_PAR, targets, ways, within).moves
    assert len(moves) <= max(len(stock) - 1, 0)
    assert not {each.sender for each in moves} & {each.receiver for each in moves}
    for move in moves:
        assert float(move.fee) * 1e4 <= float(move.amount) * within.most_bp * (1 + 1e-9)
        assert float(move.amount) >= within.least_usd
        assert move.arrives > 0
        assert move.amount == round(move.amount, 2)


@given(stocks(), all_ways(), bounds)
def test_no_venue_ends_further_from_its_target(stocked, ways, within):
    """A venue that is rich is not made poor, nor one that is poor rich."""
    stock, targets = stocked
    moves = rebalancing.plan(stock, AT_PAR, targets, ways, within).moves
    total, parts = sum(each.held for each in stock.values()), sum(targets.values())
    for purse, left in after(stock, moves).items():
        if parts:
            wanted = total * targets[purse] / parts
            assert abs(left - wanted) <= abs(stock[purse].held - wanted) + Decimal("1e-20")


@given(stocks(), all_ways(), bounds)
def test_what_stays_off_its_target_is_told(stocked, ways, within):
    """Every venue beyond the tolerance after the moves has a reason, and no other has."""
    stock, targets = stocked
    found = rebalancing.plan(stock, AT_PAR, targets, ways, within)
    total, parts = sum(each.held for each in stock.values()), sum(targets.values())
    slack = total / len(stock) * Decimal(str(within.tolerance))
    left = after(stock, found.moves)
    off = {purse for purse in left if parts and abs(left[purse] - total * targets[purse] / parts) > slack}
    assert {(each.venue, each.asset) for each in found.stuck} == off
    assert all(each.why for each in found.stuck)


@given(stocks(), all_ways(), bounds, st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_what_is_told(stocked, ways, within, chance):
    """The same facts, the same moves."""
    stock, targets = stocked
    expected = rebalancing.plan(stock, AT_PAR, targets, ways, within)
    shuffled = [dict(chance.sample(list(each.items()), len(each))) for each in (stock, targets, ways)]
    assert rebalancing.plan(shuffled[0], AT_PAR, shuffled[1], shuffled[2], within) == expected


@given(stocks(4), all_ways(), bounds, st.randoms(use_true_random=False))
def test_no_other_moves_mend_more_or_cost_less(stocked, ways, within, chance):
    """Moves made by chance, as large as they may be, leave no less undone, or cost no less."""
    stock, targets = stocked
    question = rebalancing._Asset.of(USDC, stock, 1.0, targets, ways, within) if sum(targets.values()) else None
    if question is None:
        return
    best, sheet = question._badness(question._best()), question.start
    while steps := question._steps(sheet):
        sheet = sheet.after(chance.choice(steps))
        assert best[:2] <= question._badness(sheet)[:2]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), st.integers(1, 100))
def test_on_target_there_is_nothing_to_do(parts, times):
    """Whatever the target is: only its proportions count."""
    stock = coins(*(each * times for each in parts))
    targets = {purse: Decimal(each) for purse, each in zip(stock, parts, strict=True)}
    assert rebalancing.plan(stock, AT_PAR, targets, everywhere()) == Rebalancing((), ())


@given(st.integers(1_000, 10**6), st.integers(2, 5))
def test_where_all_is_open_and_cheap_nothing_stays_off(amount, venues):
    """Everything at one venue is spread over all."""
    stock = coins(amount, *[0] * (venues - 1))
    found = rebalancing.plan(stock, AT_PAR, equal(stock), everywhere("0.01"))
    assert not found.stuck
    assert len(found.moves) == venues - 1


def test_many_venues_are_planned_all_the_same():
    """Twenty-three of them, half rich, half poor."""
    names = [f"v{each:02}" for each in range(23)]
    amounts = [Decimal(20_000 * (each % 2)) for each in range(23)]
    stock = {(name, USDC): Stock(each, each) for name, each in zip(names, amounts, strict=True)}
    found = rebalancing.plan(stock, AT_PAR, equal(stock), everywhere("0.1", names=names))
    assert not found.stuck
    assert len(found.moves) <= 22


def test_the_cheapest_network_that_is_open_at_both_ends_is_taken():
    """Not one that is suspended at either, not one whose fee is not told, and not what only sounds alike."""
    ways = {
        ALPHA: {
            USDC: {
                "ERC20": OPEN,
                "TRC20": Way(deposit=True, withdraw=False, fee=Decimal(0)),
                "SOL": Way(deposit=True, withdraw=True, fee=Decimal("0.1")),
                "BASE": Way(deposit=True, withdraw=True, fee=None),
                "MOONBASE": Way(deposit=True, withdraw=True, fee=Decimal(0)),
                "arbone": Way(deposit=True, withdraw=True, fee=Decimal("0.5")),
            }
        },
        BETA: {
            USDC: {
                "ETH": OPEN,
                "TRON": OPEN,
                "SOL": Way(deposit=False, withdraw=True, fee=Decimal(0)),
                "BASE": OPEN,
                "MOONBASE": OPEN,
                "Arbitrum One": OPEN,
            }
        },
    }
    assert rebalancing.route(USDC, ALPHA, BETA, ways) == rebalancing.Route("ARBITRUM", Decimal("0.5"), 24.0)
    assert rebalancing.route(USDC, BETA, ALPHA, ways) == rebalancing.Route("SOL", Decimal(0), 6.0)


@pytest.mark.parametrize(
    ("out", "into", "why"),
    [
        ({}, {"ERC20": OPEN}, "alpha does not say over which networks"),
        ({"ERC20": OPEN}, {"": OPEN}, "beta does not say over which networks"),
        ({"ERC20": OPEN}, {"SOL": OPEN}, "no network for USDC in common"),
        ({"ERC20": Way(True, False, Decimal(1))}, {"ERC20": OPEN}, "alpha sends no USDC out over ERC20"),
        ({"ERC20": Way(True, True, None)}, {"ERC20": OPEN}, "alpha sends no USDC out over ERC20"),
        ({"ERC20": OPEN}, {"ERC20": Way(False, True, Decimal(1))}, "beta takes no USDC in over ERC20"),
        ({"ERC20": OPEN}, {"ERC20": Way(None, True, Decimal(1))}, "beta takes no USDC in over ERC20"),
        ({"ERC20": Way(True, True, Decimal(30))}, {"ERC20": OPEN}, "the fee of 30 from alpha to beta is 60.0 bp"),
    ],
)
def test_why_it_cannot_be_mended(out, into, why):
    """The reason is told of both ends."""
    stock = coins(10_000, 0)
    found = rebalancing.plan(stock, AT_PAR, equal(stock), {ALPHA: {USDC: out}, BETA: {USDC: into}})
    assert not found.moves
    assert [(each.venue, each.surplus) for each in found.stuck] == [(ALPHA, 5_000), (BETA, -5_000)]
    assert all(why in each.why for each in found.stuck)


def test_money_at_a_bank_and_coins_without_a_price_are_told():
    """Exchanges tell no ways of fiat money; what nobody prices is not moved."""
    stock = coins(10_000, 0, asset="USD") | coins(10_000, 0, asset="ODD")
    ways = {name: {each: {"ERC20": OPEN} for each in ("USD", "ODD")} for name in (ALPHA, BETA)}
    found = rebalancing.plan(stock, {"USD": 1.0}, equal(stock), ways)
    assert not found.moves
    assert {each.asset: each.why for each in found.stuck} == {
        "USD": "USD goes by bank, of which exchanges do not tell",
        "ODD": "nobody says what ODD is worth",
    }


def test_what_is_promised_stays_and_is_told():
    """Of ten thousand too many a thousand are free: so many go."""
    stock = coins(20_000, 0, free=(1_000, 0))
    found = rebalancing.plan(stock, AT_PAR, equal(stock), everywhere())
    assert [(each.amount, each.arrives) for each in found.moves] == [(1_000, 999)]
    assert {each.venue: each.why for each in found.stuck}[ALPHA] == "the rest of it is promised to orders"


def test_one_dear_way_round_is_left_for_two_cheap_ones():
    """Fees in all are least, not their number: the greedy choice is not taken where it costs more."""
    cheap, dear = OPEN, Way(deposit=True, withdraw=True, fee=Decimal(9))
    ways = {
        "alpha": {USDC: {"ERC20": dear, "SOL": cheap}},
        "beta": {USDC: {"ERC20": dear}},
        "gamma": {USDC: {"ERC20": dear}},
        "delta": {USDC: {"SOL": cheap, "ERC20": dear}},
    }
    stock = coins(20_000, 20_000, 0, 0)
    moves = rebalancing.plan(stock, AT_PAR, equal(stock), ways).moves
    assert {(each.sender, each.receiver): each.fee for each in moves} == {("alpha", "delta"): 1, ("beta", "gamma"): 9}


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
    cost = rebalancing.drift_cost_bp(bought, sold, AT_PAR, ways, 5_000.0)
    assert cost == pytest.approx(sum(float(each.fee) for each in found.moves) / 5_000 * 1e4)


@given(all_ways(), st.floats(100, 1e6), st.floats(100, 1e6))
def test_drift_costs_less_the_more_is_moved_at_once(ways, one, other):
    """Fees are flat; where there is no way there is no cost to tell."""
    both = {name: {USDC: each[USDC], USDT: each[USDC]} for name, each in ways.items()}
    bought, sold = Market("alpha", USDC, USDT), Market("beta", USDC, USDT)
    costs = [rebalancing.drift_cost_bp(bought, sold, AT_PAR, both, usd) for usd in sorted((one, other))]
    there = isinstance(rebalancing.route(USDC, "alpha", "beta", both), rebalancing.Route)
    back = isinstance(rebalancing.route(USDT, "beta", "alpha", both), rebalancing.Route)
    assert (None in costs) == (not (there and back))
    assert None in costs or all(more >= less >= 0 for more, less in pairwise(costs))
    assert rebalancing.drift_cost_bp(bought, Market("beta", USDC, "USD"), AT_PAR, both, one) is None


def test_networks_have_one_name_each():
    """A name is its own, other names lead to one that is known, and what is ambiguous or strange leads nowhere."""
    assert all(networks.named(each) == each for each in networks.FINAL)
    assert set(networks.ALSO.values()) <= networks.FINAL.keys()
    assert not networks.ALSO.keys() & networks.FINAL.keys()
    assert {networks.named(each) for each in ("", "AVAX", "BNB", "USDC", "BASES", "ARBITRUM_NOVA")} == {None}
    assert networks.minutes("ERC20") > networks.minutes("SOL") > networks.PROCESSING


def test_a_move_says_what_arrives():
    """The amount is what leaves, the fee in it."""
    assert Move(USDC, ALPHA, BETA, "SOL", Decimal(10), Decimal("0.5"), 6.0).arrives == Decimal("9.5")


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
