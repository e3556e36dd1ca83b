"""Inventory comes back to where it is wanted, over open ways only, at the least fees."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.model import networks
from bot.model.ways import Way
from bot.strategy import rebalancing
from bot.strategy.rebalancing import Bounds, Rebalancing, Stock

from .desks import USDC

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
