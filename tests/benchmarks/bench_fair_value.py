"""Values of 30 assets from 300 quotes in at most 1 ms, and of a history at a few microseconds a moment.

    PYTHONPATH=tests uv run python tests/benchmarks/bench_fair_value.py

Beside it what one would write at first: the same estimate by numpy's lstsq over all quotes, reweighted as often, a
moment at a time; and the median of each asset's dollar quotes, which is not the same estimate: a venue's tether dollars
count as dollars, and what has no such quote has no value. One thread of BLAS, as these matrices are small.
"""

import os
from collections.abc import Sequence
from random import Random

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import numpy as np
from harness import Work, measure, report, verdict

from bot.model.coins import shipped
from bot.model.events import Quote
from bot.model.markets import Market
from bot.strategy.consensus import solve_many
from bot.strategy.fair_value import Pricing, solve
from bot.strategy.market_graph import Floats, Markets, described
from bot.strategy.weights import scale_of

LIVE = (30, 300)  # assets, quotes
LIMIT = 1.0  # ms
HISTORY_LIMIT = 8.0  # microseconds a moment of 17 markets
MOMENTS = 8192
SOME = 64  # moments that the slow way gets
TURNS = 8  # as many as the kernel's
PEGS = {coin.symbol: coin.peg for coin in shipped().by_symbol.values()}
PRICED_IN = ("USD", "USDT", "USDC", "EUR", "BTC")
TRUE = {"EUR": 1.08, "BTC": 60_000.0, "ETH": 3_000.0}
# The markets of a weekend in March 2023.
WEEKEND = {
    "binance": "BTC/USDT USDC/USDT",
    "binanceus": "BTC/USDC BTC/USDT USDC/USDT",
    "bybit": "BTC/USDC",
    "coinbase": "BTC/USDT BTC/USD USDT/USD",
    "cryptocom": "BTC/USDT BTC/USD",
    "kraken": "BTC/USDC BTC/USDT BTC/USD USDC/USDT USDC/USD USDT/USD",
}


def quotes(assets: int, many: int) -> list[Quote]:
    """Some venues quoting some coins in what coins are priced in, each a little off, one in twenty far off."""
    rnd = Random(1)
    others = sorted(set(PEGS) - set(PRICED_IN))[: assets - len(PRICED_IN) - 1]
    bases = (*others, "ETH", *PRICED_IN[1:])
    markets: set[Market] = set()
    while len(markets) < many:
        base, quote = rnd.choice(bases), rnd.choice(PRICED_IN)
        if base != quote:
            markets.add(Market(f"venue{rnd.randrange(20)}", base, quote))
    return [_book(market, rnd) for market in sorted(markets)]


def _book(market: Market, rnd: Random) -> Quote:
    price = TRUE.get(market.base, 1.0) / TRUE.get(market.quote, 1.0) * (1 + rnd.gauss(0, 3e-4))
    price *= 1.05 if rnd.random() < 0.05 else 1.0
    size = rnd.uniform(1e3, 1e6) / price
    return Quote(0, 0, *market, price * (1 - 1e-4), price * (1 + 1e-4), size, size)


def weekend() -> tuple[Markets, Floats, Floats]:
    """A stretch of the weekend: USDC falls by a tenth and comes back, one market in a hundred says nothing."""
    names = [Market(venue, *pair.split("/")) for venue, pairs in WEEKEND.items() for pair in pairs.split()]
    markets, rng = described(names, PEGS), np.random.default_rng(1)
    value = np.log([TRUE.get(asset, 1.0) for asset in markets.assets])[None].repeat(MOMENTS, axis=0)
    value[:, markets.assets.index("USDC")] -= 0.1 * np.sin(np.linspace(0, np.pi, MOMENTS))
    price = value[:, markets.base] - value[:, markets.quote] + rng.normal(0, 5e-4, (MOMENTS, len(names)))
    price[rng.random(price.shape) < 0.01] = np.nan
    scale = scale_of(1e-4, 1e5, rng.uniform(0, 60e9, price.shape), ["BTC" in name for name in names])
    return markets, price, scale


def by_lstsq(markets: Markets, price: Floats, scale: Floats) -> Floats:
    """Log dollars of each asset by reweighted least squares over every quote of one moment."""
    live = np.isfinite(price)
    rows = np.arange(live.sum())
    design = np.zeros((len(rows), len(markets.assets)))
    design[rows, markets.base[live]], design[rows, markets.quote[live]] = 1.0, -1.0
    design[:, markets.dollar] = 0.0
    price, weight = price[live], 1 / scale[live]
    for _ in range(TURNS):
        value = np.linalg.lstsq(design * weight[:, None], price * weight, rcond=None)[0]
        off = np.maximum(np.abs(price - design @ value) / scale[live], 0.5)
        weight = 1 / (scale[live] * np.sqrt(off))
    return value


def by_median(told: Sequence[Quote]) -> dict[str, float]:
    """Dollars of each asset: the median of its quotes in whatever is called a dollar."""
    said: dict[str, list[float]] = {}
    for quote in told:
        if PEGS.get(quote.quote, quote.quote) == "USD" and quote.bid and quote.ask:
            said.setdefault(quote.base, []).append((quote.bid + quote.ask) / 2)
    return {asset: float(np.median(usd)) for asset, usd in said.items()}


def live() -> float:
    """Milliseconds of one look."""
    told, pricing = quotes(*LIVE), Pricing()
    markets = described([quote.market for quote in told], PEGS)
    price = np.log([(quote.bid or 0.0) for quote in told])
    scale = np.full(len(told), 4e-4)
    ours, *others = measure(
        Work("all quotes at once: values, uncertainty, residuals", lambda: solve(told, 0, pricing)),
        Work("lstsq over all quotes, reweighted: values only", lambda: by_lstsq(markets, price, scale)),
        Work("median of dollar quotes: values only", lambda: by_median(told)),
    )
    report(f"one look at {len(told)} quotes of {len(markets.assets)} assets", [ours, *others])
    return 1_000 / ours.per_second


def history() -> float:
    """Microseconds of one moment."""
    markets, price, scale = weekend()
    some = range(0, MOMENTS, MOMENTS // SOME)
    ours, *others = measure(
        Work("all moments at once", lambda: solve_many(markets, price, scale), MOMENTS),
        Work("each alone", lambda: [solve_many(markets, price[[i]], scale[[i]]) for i in some], SOME),
        Work("lstsq, reweighted: values only", lambda: [by_lstsq(markets, price[i], scale[i]) for i in some], SOME),
    )
    report(f"a history of {price.shape[1]} markets, a moment", [ours, *others])
    return 1e6 / ours.per_second


def main() -> None:
    """Both, and the verdict."""
    look, moment = live(), history()
    print()
    verdict(
        (f"a look takes {look:.2f} ms, at most {LIMIT:g}", look <= LIMIT),
        (f"a moment of history takes {moment:.1f} microseconds, at most {HISTORY_LIMIT:g}", moment <= HISTORY_LIMIT),
    )


if __name__ == "__main__":
    main()
