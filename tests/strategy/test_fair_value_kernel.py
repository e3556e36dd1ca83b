"""Values of many moments at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.coins import shipped
from bot.model.markets import Market
from bot.strategy.consensus import CELLS, CHUNK, FEW, Solved, solve_many
from bot.strategy.fair_value import Pricing, solve
from bot.strategy.market_graph import Markets, described
from bot.strategy.weights import scale_of
from strategy.quoted import BP, PAIRS, TRUE, VENUES, quote

PEGS = {coin.symbol: coin.peg for coin in shipped().by_symbol.values()}
MINUTE = 60 * 10**9
FIELDS = ("value", "sigma", "anchor", "anchored", "residual")
MARKETS = [Market(venue, *pair) for venue in VENUES[:4] for pair in PAIRS]
MANY_COINS = [Market(venue, coin, "USDT") for coin in sorted(PEGS) if coin != "USDT" for venue in VENUES[:2]]

seeds = st.integers(0, 2**32)


def history(markets: Markets, names: list[Market], moments: int, seed: int, missing: float):
    """Log prices with noise, some far off, and scales; a share of them missing."""
    rng = np.random.default_rng(seed)
    shape = (moments, len(names))
    true = np.array([np.log(TRUE.get(asset, 1.0)) for asset in markets.assets])
    price = true[markets.base] - true[markets.quote] + rng.normal(0, 5 * BP, shape)
    price[rng.random(shape) < 0.05] += 0.1
    price[rng.random(shape) < missing] = np.nan
    return price, np.exp(rng.normal(np.log(5 * BP), 0.5, shape))


def same(one: Solved, other: Solved) -> bool:
    """Equal to 1e-9, NaN where NaN."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in FIELDS]
    return all(np.allclose(a, b, rtol=0, atol=1e-9, equal_nan=True) for a, b in pairs)


@pytest.mark.parametrize("names", [MARKETS, MANY_COINS], ids=["few assets", "many assets"])
@given(seeds, st.sampled_from([0.0, 0.02, 0.5]), st.sampled_from([1, FEW, FEW + 1, 60]))
@settings(max_examples=15)
def test_a_moment_alone_is_the_same_as_among_others(names, seed, missing, moments):
    """Solved in a row of any length, a moment has the values it has alone."""
    markets = described(names, PEGS)
    price, scale = history(markets, names, moments, seed, missing)
    whole = solve_many(markets, price, scale)
    at = seed % moments

    part = Solved(*(getattr(whole, name)[at : at + 1] for name in FIELDS))
    assert same(part, solve_many(markets, price[at : at + 1], scale[at : at + 1]))


def test_many_markets_make_no_large_matrices():
    """Over hundreds of markets, where totals are found group by group, a moment alone is the same as among others."""
    names = [Market(f"venue{i}", *pair) for i in range(40) for pair in PAIRS]
    markets = described(names, PEGS)
    price, scale = history(markets, names, FEW + 1, 1, 0.02)
    whole, alone = solve_many(markets, price, scale), solve_many(markets, price[:1], scale[:1])

    assert markets.voices.by_voice.belongs is None
    assert same(alone, Solved(*(getattr(whole, name)[:1] for name in FIELDS)))


def test_long_histories_are_cut_without_a_seam():
    """What is solved in chunks is what is solved in one piece."""
    markets = described(MARKETS, PEGS)
    price, scale = history(markets, MARKETS, CHUNK + 20, 1, 0.01)
    whole = solve_many(markets, price, scale)

    tail = solve_many(markets, price[CHUNK - 20 :], scale[CHUNK - 20 :])
    assert same(tail, Solved(*(getattr(whole, name)[CHUNK - 20 :] for name in FIELDS)))


def test_a_history_of_one_is_what_solve_says():
    """The engine's values and those of a scan come from the same arithmetic."""
    quotes = [
        quote(market.venue, market.base, market.quote, TRUE[market.base] / TRUE[market.quote]) for market in MARKETS
    ]
    found = solve(quotes, 0, Pricing())
    markets = described(MARKETS, PEGS)
    price = np.array([[np.log(told.bid * told.ask) / 2 for told in quotes]])
    spread = np.array([[np.log(told.ask / told.bid) for told in quotes]])

    solved = solve_many(markets, price, scale_of(spread, np.nan, 0.0, ["BTC" in market for market in MARKETS]))

    for i, asset in enumerate(markets.assets):
        assert found.values[asset].usd == pytest.approx(np.exp(solved.value[0, i]), rel=1e-9)
        assert found.values[asset].sigma_bp == pytest.approx(solved.sigma[0, i] / BP, rel=1e-9)


@given(seeds, st.permutations(range(len(MARKETS))))
@settings(max_examples=20)
def test_the_order_of_markets_is_a_matter_of_columns(seed, order):
    """Markets listed in another order have the same values, and their residuals in that order."""
    markets, shuffled = described(MARKETS, PEGS), described([MARKETS[i] for i in order], PEGS)
    price, scale = history(markets, MARKETS, 5, seed, 0.2)
    one, other = solve_many(markets, price, scale), solve_many(shuffled, price[:, order], scale[:, order])

    assert np.allclose(one.value, other.value, rtol=0, atol=1e-9, equal_nan=True)
    assert np.allclose(one.residual[:, order], other.residual, rtol=0, atol=1e-9, equal_nan=True)


@given(seeds)
@settings(max_examples=20)
def test_a_market_turned_round_says_the_same(seed):
    """USDC/USDT at p and USDT/USDC at 1/p are one statement."""
    turned = [Market(market.venue, market.quote, market.base) for market in MARKETS]
    markets = described(MARKETS, PEGS)
    price, scale = history(markets, MARKETS, 5, seed, 0.2)
    one, other = solve_many(markets, price, scale), solve_many(described(turned, PEGS), -price, scale)

    assert np.allclose(one.value, other.value, rtol=0, atol=1e-9, equal_nan=True)
    assert np.allclose(one.residual, -other.residual, rtol=0, atol=1e-9, equal_nan=True)


def test_many_assets_are_cut_without_a_seam():
    """Where matrices are large fewer moments are solved together, and nothing else changes."""
    names = [Market("alpha", f"COIN{i}", "USD") for i in range(100)]
    markets = described(names, PEGS)
    chunk = CELLS // len(markets.assets) ** 2
    price, scale = history(markets, names, chunk + 2, 1, 0.0)
    whole = solve_many(markets, price, scale)

    assert chunk < CHUNK
    tail = solve_many(markets, price[chunk - 2 :], scale[chunk - 2 :])
    assert same(tail, Solved(*(getattr(whole, name)[chunk - 2 :] for name in FIELDS)))


def test_silence_is_not_a_value():
    """A moment without quotes has no values but the dollar's; no moments, no rows."""
    markets = described(MARKETS, PEGS)
    nothing = np.full((2, len(MARKETS)), np.nan)
    solved = solve_many(markets, nothing, nothing)

    assert np.isnan(solved.residual).all()
    assert np.isnan(np.delete(solved.value, markets.dollar, axis=1)).all()
    assert (solved.value[:, markets.dollar] == 0).all()
    assert not np.delete(solved.anchored, markets.dollar, axis=1).any()
    assert solve_many(markets, nothing[:0], nothing[:0]).value.shape == (0, len(markets.assets))


def test_an_asset_in_itself_is_refused():
    """A market of an asset against itself is named; so is a list of none."""
    with pytest.raises(ValueError, match="alpha USDC/USDC"):
        described([Market("alpha", "USDC", "USDC")], PEGS)
    with pytest.raises(ValueError, match="no markets"):
        described([], PEGS)


@given(st.floats(0, 0.5), st.floats(1, 1e9), st.integers(0, 10**6).map(lambda seconds: seconds * 10**9), st.booleans())
def test_worse_books_have_wider_scales(spread, size, age, reference):
    """Wider, thinner, older, of bitcoin, at a less reliable venue: never a narrower scale."""
    scale = scale_of(spread, size, age, reference)

    assert scale_of(spread + 1e-3, size, age, reference) > scale
    assert scale_of(spread, size / 2, age, reference) >= scale
    assert scale_of(spread, size, age + MINUTE, reference) > scale
    assert scale_of(spread, size, age, True) >= scale
    assert scale_of(spread, size, age, reference, 0.5) == pytest.approx(2 * scale)


def test_scales_broadcast():
    """Arguments may be numbers, rows or tables."""
    assert scale_of(np.zeros((3, 2)), np.nan, 0, [True, False]).shape == (3, 2)
    assert np.isnan(scale_of(np.nan, 1e5, 0, False))
