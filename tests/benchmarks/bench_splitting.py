"""How fast an amount is split over markets, beside taking it piece by piece; how fast liquidity is followed.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_splitting.py

Ten markets of twenty levels each, fees, steps and minimums as exchanges have them. The peer takes a hundred
dollars at a time from whoever asks least, in floats, and knows of no minimums.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import cycle
from random import Random

from harness import Work, measure, report, verdict

from bot.model.events import Quote
from bot.model.markets import Market
from bot.model.orders import Side, Terms
from bot.model.times import SECOND
from bot.strategy import drying
from bot.strategy.drying import Liquidity
from bot.strategy.splitting import Offer, split

VENUES, LEVELS = 10, 20
FEES = ("0.0005", "0.001", "0.002")
LIMIT_US = 200.0  # for a split
SHORT_US = 300.0  # for one where money is short everywhere
LOOK_US = 200.0  # of a look, to follow liquidity
MARKETS = 300  # followed
PIECE = 100.0  # base units, of the peer


def books(rnd: Random, *, minimums: bool = True, room: Decimal | None = None) -> list[Offer]:
    """Ten markets that ask about a dollar."""
    found = []
    for number in range(VENUES):
        fee, price, levels = Decimal(rnd.choice(FEES)), rnd.uniform(0.9990, 0.9996), []
        for _ in range(LEVELS):
            levels.append((round(price, 5), round(rnd.uniform(100, 20_000), 2)))
            price += rnd.uniform(1e-5, 1e-4)
        step, cost = rnd.choice(("0.01", "0.1")), Decimal(5 if minimums else 0)
        terms = Terms(fee, fee, Decimal("0.00001"), Decimal(step), min_cost=cost)
        found.append(Offer(Market(f"v{number}", "USDC", "USD"), tuple(levels), terms, 1.0, room))
    return found


def piecewise(offers: Sequence[Offer], amount: float) -> float:
    """Dollars, taking a piece at a time from whoever asks least."""
    at, stands, cost = [0] * len(offers), [offer.levels[0][1] for offer in offers], 0.0
    while amount > 1e-9:
        standing = [i for i, n in enumerate(at) if n < LEVELS]
        best = min(standing, key=lambda i: offers[i].levels[at[i]][0] * (1 + float(offers[i].terms.taker)))
        piece = min(PIECE, amount, stands[best])
        cost += piece * offers[best].levels[at[best]][0] * (1 + float(offers[best].terms.taker))
        amount, stands[best] = amount - piece, stands[best] - piece
        if stands[best] <= 1e-9:
            at[best] += 1
            stands[best] = offers[best].levels[at[best]][1] if at[best] < LEVELS else 0.0
    return cost


def dollars(offers: Sequence[Offer], amount: Decimal) -> float:
    """What a split costs."""
    return sum(float(part.amount) * part.price + part.fee for part in split(offers, amount, Side.BUY))


def timed(amount: Decimal, cases: Sequence[Sequence[Offer]], what: str = "") -> float:
    """Prints rates; microseconds a split."""
    ours, theirs = cycle(cases), cycle(cases)
    works = [Work("split", lambda: split(next(ours), amount, Side.BUY))]
    if not what:
        works.append(Work(f"{PIECE:,.0f} at a time", lambda: piecewise(next(theirs), float(amount))))
    timings = measure(*works)
    report(f"{amount:,} over {VENUES} markets of {LEVELS} levels{what}", timings)
    return 1e6 / timings[0].per_second


def followed() -> float:
    """Microseconds that following 300 markets costs a look, ten looks a second, the first of each minute among them."""
    quotes = [Quote(n, n, f"v{n}", "USDC", "USD", 0.9999, 1.0001, 1e5, 1e5) for n in range(MARKETS)]
    latest, known, now = {each.market: each for each in quotes}, Liquidity(), 0

    def look() -> None:
        nonlocal known, now
        now += SECOND // 10
        known = drying.fold(known, latest, latest, now)

    timings = measure(Work("looks followed", look))
    report(f"The liquidity of {MARKETS} markets", timings)
    return 1e6 / timings[0].per_second


def main() -> None:
    """Times and judges."""
    rnd = Random(1)
    plain, poor = [books(rnd) for _ in range(20)], [books(rnd, room=Decimal(100_000)) for _ in range(20)]
    small, usual, large = (timed(Decimal(amount), plain) for amount in (1_000, 100_000, 1_000_000))
    short = timed(Decimal(500_000), poor, ", money for a fifth of it at each")
    tiny = timed(Decimal(12), plain, ", a few dollars")
    free = [books(rnd, minimums=False) for _ in range(20)]
    amount = Decimal(250_000)
    dearer = max(dollars(each, amount) / piecewise(each, float(amount)) - 1 for each in free)
    verdict(
        (
            f"a split takes less than {LIMIT_US:.0f} us, few dollars or nearly all",
            max(small, usual, large, tiny) < LIMIT_US,
        ),
        (f"and less than {SHORT_US:.0f} us where money is short everywhere", short < SHORT_US),
        (f"it costs no more than piece by piece: {dearer:+.1e} at most", dearer < 1e-9),
        (f"following liquidity costs a look less than {LOOK_US:.0f} us", followed() < LOOK_US),
    )


if __name__ == "__main__":
    main()
