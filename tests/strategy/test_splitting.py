"""An amount is split so that all of it costs least, and no part is more than its market bears."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.model.markets import Market
from bot.model.orders import Side, Terms
from bot.strategy.splitting import Offer, Part, split

SIDES = st.sampled_from(Side)
AMOUNTS = st.integers(1, 400_000).map(lambda cents: Decimal(cents) / 100)
STEPS = st.sampled_from([Decimal("0.01"), Decimal("0.1"), Decimal(1), Decimal("0.25")])
FEES = st.sampled_from([Decimal(0), Decimal("0.0005"), Decimal("0.001"), Decimal("0.004")])
ROUNDING = 1e-9  # of floats

LEVELS = st.lists(st.tuples(st.integers(9_000, 11_000), st.integers(1, 100_000)), max_size=6)
MONEY = st.none() | st.integers(0, 300_000).map(lambda cents: Decimal(cents) / 100)


def market(name: str) -> Market:
    """USDC in dollars somewhere."""
    return Market(name, "USDC", "USD")


def terms(fee: str = "0", step: str = "0.01", min_amount: str = "0", min_cost: str = "0") -> Terms:
    """What an exchange asks."""
    return Terms(Decimal(fee), Decimal(fee), Decimal("0.0001"), Decimal(step), Decimal(min_amount), Decimal(min_cost))


def offer(name: str, *levels: tuple[float, float], its: Terms | None = None, room: str | None = None) -> Offer:
    """One market's offer in dollars."""
    return Offer(market(name), levels, its or terms(), 1.0, Decimal(room) if room else None)


@st.composite
def offers(draw: st.DrawFn, side: Side, *, minimums: bool = True, rooms: bool = True, most: int = 4) -> list[Offer]:
    """Some markets, each with terms of its own."""
    found = []
    for name in "abcdef"[: draw(st.integers(1, most))]:
        ladder = sorted(draw(LEVELS), reverse=side is Side.SELL)
        fee = draw(FEES)
        its = Terms(
            fee,
            fee,
            draw(st.sampled_from([Decimal("0.0001"), Decimal("0.001"), Decimal("0.05")])),
            draw(STEPS),
            draw(st.sampled_from([Decimal(0), Decimal(10), Decimal(300)])) if minimums else Decimal(0),
            draw(st.sampled_from([Decimal(0), Decimal(5), Decimal(200)])) if minimums else Decimal(0),
        )
        levels = tuple((price / 10_000, size / 100) for price, size in ladder)
        usd = draw(st.sampled_from([1.0, 0.999, 1.08]))
        found.append(Offer(market(name), levels, its, usd, draw(MONEY) if rooms else None))
    return found


def worlds(**kwargs: object) -> st.SearchStrategy[tuple[Side, list[Offer]]]:
    """A side, and what markets offer on it."""
    return SIDES.flatmap(lambda side: st.tuples(st.just(side), offers(side, **kwargs)))


def key(each: Offer, price: float, side: Side) -> float:
    """Dollars that a unit costs after the fee; below zero what it brings."""
    fee = float(each.terms.taker)
    return price * each.quote_usd * (1 + fee) if side is Side.BUY else -price * each.quote_usd * (1 - fee)


def keys(given_: list[Offer], side: Side) -> list[float]:
    """What every level costs, ascending."""
    return sorted(key(each, price, side) for each in given_ for price, _ in each.levels)


def dollars(parts: tuple[Part, ...], given_: list[Offer], side: Side) -> float:
    """What parts cost together, reckoned from what is expected of each."""
    by_market = {each.market: each for each in given_}
    sign = 1 if side is Side.BUY else -1
    return sum((sign * float(part.amount) * part.price + part.fee) * by_market[part.market].quote_usd for part in parts)


def total(parts: tuple[Part, ...]) -> Decimal:
    """Base units in all."""
    return sum((part.amount for part in parts), Decimal(0))


def reckoned(parts: tuple[Part, ...], amount: Decimal, given_: list[Offer], side: Side, dearest: float) -> float:
    """Dollars, with what is left as dear as the dearest level."""
    return dollars(parts, given_, side) + float(amount - total(parts)) * dearest


def grain(given_: list[Offer], side: Side) -> float:
    """Dollars that the steps of markets may cost."""
    its = keys(given_, side)
    coarsest = max(float(each.terms.amount_step) for each in given_)
    return (its[-1] - its[0]) * coarsest * (len(given_) + 1) + ROUNDING * 1e5 if its else ROUNDING


@given(worlds(), AMOUNTS)
def test_no_part_is_more_than_its_market_bears(world: tuple[Side, list[Offer]], amount: Decimal) -> None:
    """Steps, minimums, the book and our money are heeded everywhere, and all parts are no more than was asked for."""
    side, given_ = world
    parts = split(given_, amount, side)
    by_market = {each.market: each for each in given_}

    assert total(parts) <= amount
    assert [part.market for part in parts] == sorted({part.market for part in parts})
    for part in parts:
        its = by_market[part.market]
        assert part.amount > 0
        assert part.amount % its.terms.amount_step == 0
        assert part.amount >= its.terms.min_amount
        assert part.amount <= sum(Decimal(str(size)) for _, size in its.levels)
        assert float(part.amount) * part.price >= float(its.terms.min_cost) - ROUNDING
        if its.room is not None:
            set_aside = part.amount * part.limit * (1 + its.terms.taker) if side is Side.BUY else part.amount
            assert set_aside <= its.room


@given(worlds(), AMOUNTS)
def test_a_limit_reaches_what_the_part_takes(world: tuple[Side, list[Offer]], amount: Decimal) -> None:
    """What stands no worse than the limit suffices, and one level fewer would not."""
    side, given_ = world
    sign, by_market = (1 if side is Side.BUY else -1), {each.market: each for each in given_}
    for part in split(given_, amount, side):
        its = by_market[part.market]
        step, levels = its.terms.price_step, [(Decimal(str(p)), Decimal(str(s))) for p, s in its.levels]
        reached = [size for price, size in levels if sign * price <= sign * part.limit]
        nearer = [size for price, size in levels if sign * price <= sign * part.limit - step]

        assert part.limit % step == 0
        assert sum(reached) >= part.amount
        assert sum(nearer) < part.amount


@given(worlds(minimums=False), AMOUNTS)
def test_all_is_taken_where_there_is_enough(world: tuple[Side, list[Offer]], amount: Decimal) -> None:
    """What is left is less than a step of every market that has more, and money for it."""
    side, given_ = world
    parts = split(given_, amount, side)
    taken = {part.market: part.amount for part in parts}
    left = amount - total(parts)
    for its in given_:
        more = taken.get(its.market, Decimal(0)) + its.terms.amount_step
        alone = total(split([its], more, side))
        assert left < its.terms.amount_step or alone < more


@given(worlds(rooms=False), AMOUNTS)
def test_minimums_leave_nothing_that_one_market_would_take(world: tuple[Side, list[Offer]], amount: Decimal) -> None:
    """Where any one market takes the whole, all together do, but for less than the coarsest step."""
    side, given_ = world
    coarsest = max(its.terms.amount_step for its in given_)
    if any(amount - total(split([its], amount, side)) < its.terms.amount_step for its in given_):
        assert amount - total(split(given_, amount, side)) < 2 * coarsest


@given(worlds(), AMOUNTS)
def test_never_worse_than_at_one_market(world: tuple[Side, list[Offer]], amount: Decimal) -> None:
    """No market that could take all of it takes it for less, after fees and in dollars, but for what steps cost."""
    side, given_ = world
    assume(any(each.levels for each in given_))
    dearest, parts = keys(given_, side)[-1], split(given_, amount, side)
    ours = reckoned(parts, amount, given_, side, dearest)
    for its in given_:
        alone = split([its], amount, side)
        if amount - total(alone) < its.terms.amount_step:
            assert ours <= reckoned(alone, amount, given_, side, dearest) + grain(given_, side)


@given(worlds(minimums=False, rooms=False), AMOUNTS)
def test_costs_no_more_than_all_books_in_one(world: tuple[Side, list[Offer]], amount: Decimal) -> None:
    """It costs what walking the books as one would, were there no steps, but for what steps cost."""
    side, given_ = world
    assume(any(each.levels for each in given_))
    merged = sorted((key(each, price, side), size) for each in given_ for price, size in each.levels)
    dearest, left, least = merged[-1][0], float(amount), 0.0
    for cost, size in merged:
        taken = min(size, left)
        least, left = least + taken * cost, left - taken
    ours = reckoned(split(given_, amount, side), amount, given_, side, dearest)

    assert -ROUNDING * 1e5 <= ours - (least + left * dearest) <= grain(given_, side)


@given(worlds(minimums=False, rooms=False), AMOUNTS)
def test_the_last_unit_costs_the_same_everywhere(world: tuple[Side, list[Offer]], amount: Decimal) -> None:
    """No market's last level is dearer than a level that another leaves wholly untouched, but where steps forbid it."""
    side, given_ = world
    coarsest = max(its.terms.amount_step for its in given_)
    taken = {part.market: part.amount for part in split(given_, amount, side)}
    worst, free = [], []
    for its in given_:
        stands, last = Decimal(0), taken.get(its.market, Decimal(0))
        for price, size in its.levels:
            exact = Decimal(str(size))
            if stands + coarsest * len(given_) < last:  # more of it is taken than steps explain
                worst.append(key(its, price, side))
            if stands >= last and exact >= coarsest:
                free.append(key(its, price, side))
            stands += exact

    assert not worst or not free or max(worst) <= min(free) + ROUNDING


@given(worlds(), AMOUNTS, st.randoms(use_true_random=False))
def test_the_order_of_offers_is_nothing(world: tuple[Side, list[Offer]], amount: Decimal, rnd) -> None:
    """Who is asked first does not matter."""
    side, given_ = world
    shuffled = given_[:]
    rnd.shuffle(shuffled)

    assert split(shuffled, amount, side) == split(given_, amount, side)


@given(worlds(), AMOUNTS)
def test_one_market_more_is_never_worse(world: tuple[Side, list[Offer]], amount: Decimal) -> None:
    """With one market more no more is left, and what is taken costs no more, but for what steps cost."""
    side, given_ = world
    assume(len(given_) > 1 and any(each.levels for each in given_))
    dearest = keys(given_, side)[-1]
    many, few = split(given_, amount, side), split(given_[1:], amount, side)
    coarsest = max(its.terms.amount_step for its in given_)
    spare = amount - total(few) - (amount - total(many))

    assert spare >= -coarsest
    if spare < coarsest:
        ours, theirs = (reckoned(each, amount, given_, side, dearest) for each in (many, few))
        assert ours <= theirs + grain(given_, side)
