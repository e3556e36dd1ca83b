"""Values of a moment: every asset in dollars, from all quotes at once."""

from itertools import combinations
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.events import Quote
from bot.model.markets import Market
from bot.strategy.fair_value import Pricing, solve
from strategy.quoted import BP, PAIRS, TRUE, VENUES, market, moved, quote

PRICING = Pricing()
MINUTE = 60 * 10**9

seeds = st.integers(0, 2**32)
some_venues = st.integers(3, len(VENUES)).map(lambda many: VENUES[:many])
factors = st.floats(0.3, 3.0)
some_quotes = st.lists(
    st.builds(
        lambda venue, pair, off, half: quote(venue, *pair, TRUE[pair[0]] / TRUE[pair[1]] * (1 + off), half),
        st.sampled_from(VENUES),
        st.sampled_from(PAIRS),
        st.floats(-5 * BP, 5 * BP),
        st.floats(0.0, 10 * BP),
    ),
    min_size=1,
    max_size=24,
    unique_by=lambda told: told.market,
)


@given(some_venues, seeds)
def test_values_are_found(venues, seed):
    """Every asset is worth what the books say together, within the noise of one."""
    found = solve(market(venues, seed), 0, PRICING)

    for asset, usd in TRUE.items():
        assert log(found.values[asset].usd / usd) == pytest.approx(0, abs=2 * BP)
        assert found.values[asset].anchored


@given(some_quotes, factors, st.sampled_from(["USDC", "USDT", "BTC"]))
def test_a_dearer_asset_is_worth_more(quotes, factor, asset):
    """All prices of an asset times c: its value times c, and no other changes, where dollars are in reach."""
    before, after = solve(quotes, 0, PRICING), solve(moved(quotes, asset, factor), 0, PRICING)

    for name, value in before.values.items():
        if value.anchored:
            by = factor if name == asset else 1.0
            assert after.values[name].usd == pytest.approx(value.usd * by, rel=1e-9)
            assert after.values[name].sigma_bp == pytest.approx(value.sigma_bp, rel=1e-6)


@given(some_quotes, st.randoms(use_true_random=False))
def test_order_changes_nothing(quotes, rnd):
    """The same quotes in another order have the same values, to the last bit."""
    shuffled = list(quotes)
    rnd.shuffle(shuffled)

    assert solve(shuffled, 0, PRICING) == solve(quotes, 0, PRICING)


@given(some_venues, seeds, factors, st.sampled_from(["USDC", "USDT", "BTC"]), st.data())
def test_one_wrong_venue_is_outvoted(venues, seed, factor, asset, data):
    """A venue that has an asset wrong in all its markets moves no value by more than a few basis points."""
    wrong = data.draw(st.sampled_from(venues))
    found = solve(moved(market(venues, seed), asset, factor, wrong), 0, PRICING)

    for name, usd in TRUE.items():
        assert log(found.values[name].usd / usd) == pytest.approx(0, abs=8 * BP)


@given(some_venues, seeds, factors)
def test_the_wrong_venue_is_named(venues, seed, factor):
    """A residual says how far a market is off."""
    found = solve(moved(market(venues, seed), "USDC", factor, "alpha"), 0, PRICING)

    assert found.residuals[Market("alpha", "USDC", "USD")] == pytest.approx(log(factor) / BP, abs=8)
    assert found.residuals[Market("alpha", "BTC", "USDC")] == pytest.approx(-log(factor) / BP, abs=8)
    assert found.residuals[Market("beta", "USDC", "USD")] == pytest.approx(0, abs=8)


@given(some_venues, seeds, st.sampled_from(PAIRS))
def test_agreement_never_makes_less_sure(venues, seed, pair):
    """One more venue that says exactly what is known raises nobody's uncertainty."""
    quotes = market(venues, seed)
    before = solve(quotes, 0, PRICING)
    agreeing = quote("omega", *pair, before.values[pair[0]].usd / before.values[pair[1]].usd)
    after = solve([*quotes, agreeing], 0, PRICING)

    for asset, value in before.values.items():
        assert after.values[asset].sigma_bp <= value.sigma_bp * (1 + 1e-3)  # the solver stops after so many turns


@given(some_quotes)
def test_anchored_is_connected(quotes):
    """An asset is anchored exactly when a chain of markets leads from it to the dollar."""
    reached = {"USD"}
    for _ in TRUE:
        reached |= {asset for told in quotes if reached & {told.base, told.quote} for asset in (told.base, told.quote)}
    found = solve(quotes, 0, PRICING)

    for asset, value in found.values.items():
        assert value.anchored == (asset in reached)
        assert (value.anchor > 0) == value.anchored


def test_nothing_quoted_is_worth_nothing():
    """No quotes, no values."""
    assert not solve([], 0, PRICING).values
    assert not solve([quote("alpha", "USDC", "USDC", 1.0)], 0, PRICING).values


def test_bitcoin_vouches_for_a_coin():
    """BTC in dollars and in USDT says what USDT is worth, less surely than a book of its own."""
    through = solve([quote("alpha", "BTC", "USD", 60_000), quote("alpha", "BTC", "USDT", 60_600)], 0, PRICING)
    directly = solve([quote("alpha", "USDT", "USD", 0.9901)], 0, PRICING)

    assert through.values["USDT"].usd == pytest.approx(60_000 / 60_600)
    assert through.values["USDT"].anchored
    assert through.values["USDT"].sigma_bp > directly.values["USDT"].sigma_bp
    assert through.values["USDT"].anchor < directly.values["USDT"].anchor


def test_a_redemption_at_par_anchors():
    """What redeems at par is worth par less its fee, without any exchange."""
    redeemed = quote("par:issuer", "USDC", "USD", 1.0)
    swapped = quote("chain:psm", "DAI", "USDC", 0.9995)
    found = solve([redeemed, swapped], 0, PRICING)

    assert found.values["DAI"].usd == pytest.approx(0.9995)
    assert found.values["DAI"].anchored


def test_euro_coins_are_valued_in_dollars():
    """A coin pegged to the euro is worth euros, and those what their dollar book says."""
    found = solve([quote("alpha", "EURC", "EUR", 0.99), quote("beta", "EUR", "USD", 1.08)], 0, PRICING)

    assert found.values["EURC"].usd == pytest.approx(0.99 * 1.08)


def test_euros_without_dollars_have_no_value():
    """Where nothing leads to a dollar or to what promises one, nothing is said but how the prices fit."""
    found = solve([quote("alpha", "EURC", "EUR", 0.99)], 0, PRICING)

    assert set(found.values) == {"USD"}
    assert found.residuals == {Market("alpha", "EURC", "EUR"): pytest.approx(0)}


def test_a_crossed_book_says_nothing():
    """A bid above the ask is a fault of the feed, not a price."""
    crossed = Quote(0, 0, "beta", "USDC", "USD", 1.2, 0.6)

    found = solve([quote("alpha", "USDC", "USD", 0.98), crossed], 0, PRICING)

    assert found == solve([quote("alpha", "USDC", "USD", 0.98)], 0, PRICING)
    assert set(solve([crossed], 0, PRICING).values) == {"USD"}


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf"), 5e-324, 1.7e308])
def test_what_is_no_price_says_nothing(bad):
    """Zero, negative, NaN, infinite or beyond all belief on both sides: as if nothing was quoted."""
    found = solve([Quote(0, 0, "alpha", "USDC", "USD", bad, bad), quote("beta", "USDC", "USD", 0.98)], 0, PRICING)

    assert found.values["USDC"].usd == pytest.approx(0.98)
    assert Market("alpha", "USDC", "USD") not in found.residuals


def test_one_side_says_little():
    """A lone bid far away moves nothing; where it is all there is, the value is near it and very unsure."""
    bid = Quote(0, 0, "beta", "USDC", "USD", 0.51, None)
    beside = solve([quote("alpha", "USDC", "USD", 0.98), bid], 0, PRICING)
    emptied = solve(
        [quote("alpha", "USDC", "USD", 0.98), Quote(0, 0, "beta", "USDC", "USD", 0.51, 0.6, 5, 0)], 0, PRICING
    )
    alone = solve([bid], 0, PRICING)
    alone_there = solve([quote("alpha", "USDC", "USD", 0.98)], 0, PRICING).values["USDC"]

    assert beside.values["USDC"].usd == pytest.approx(0.98, rel=BP)
    assert emptied.values["USDC"].usd == pytest.approx(0.98, rel=BP)
    assert beside.values["USDC"].sigma_bp == pytest.approx(alone_there.sigma_bp, rel=1e-3)
    assert alone.values["USDC"].usd == pytest.approx(0.51)
    assert alone.values["USDC"].sigma_bp > 500


@pytest.mark.parametrize(
    "worse",
    [
        quote("beta", "USDC", "USD", 0.990, half=20 * BP),
        quote("beta", "USDC", "USD", 0.990, size=1.0),
        quote("beta", "USDC", "USD", 0.990, seen_at=-60 * MINUTE),
    ],
    ids=["wide", "thin", "old"],
)
def test_a_poor_quote_weighs_less(worse):
    """Of two prices, the value is nearer to that of the narrow, deep and recent book."""
    found = solve([quote("alpha", "USDC", "USD", 0.991, size=1e6), worse], 0, PRICING)

    assert found.values["USDC"].usd > 0.9908


def test_an_unreliable_venue_weighs_less():
    """Reliability is the venue's, from the settings."""
    quotes = [quote("alpha", "USDC", "USD", 0.991), quote("beta", "USDC", "USD", 0.990)]

    found = solve(quotes, 0, Pricing(reliability={"beta": 0.1}))

    assert found.values["USDC"].usd > 0.9908


def test_the_newest_quote_counts():
    """Two quotes of one market: the later, in either order."""
    old, new = quote("alpha", "USDC", "USD", 0.95), quote("alpha", "USDC", "USD", 0.97, seen_at=5)

    assert solve([old, new], 5, PRICING) == solve([new, old], 5, PRICING) == solve([new], 5, PRICING)


def test_disagreement_is_told():
    """Of two venues that differ by 2 % nobody knows which is right: the uncertainty is of that size. A third tells."""
    two = [quote("alpha", "USDC", "USD", 1.0), quote("beta", "USDC", "USD", 0.98)]
    split = solve(two, 0, PRICING).values["USDC"]
    decided = solve([*two, quote("gamma", "USDC", "USD", 0.9801)], 0, PRICING).values["USDC"]

    assert 80 < split.sigma_bp < 250
    assert decided.usd == pytest.approx(0.98, rel=BP)
    assert decided.sigma_bp < 10


def test_a_quarrel_over_another_is_no_doubt():
    """Two pools that differ on what DAI is in USDC say nothing of USDC, whose own book is as sure as alone."""
    book = quote("alpha", "USDC", "USD", 0.98)
    pools = [quote("chain:one", "DAI", "USDC", 1.0), quote("chain:other", "DAI", "USDC", 0.7)]
    found, alone = solve([book, *pools], 0, PRICING), solve([book], 0, PRICING)

    assert found.values["USDC"].sigma_bp == pytest.approx(alone.values["USDC"].sigma_bp)
    assert found.values["DAI"].sigma_bp > 500


@settings(max_examples=20)
@given(seeds)
def test_sigma_is_honest(seed):
    """Over three venues with noise as the scales say, no value is farther off than four sigmas."""
    found = solve(market(VENUES[:3], seed, noise=4 * BP), 0, PRICING)

    for asset, usd in TRUE.items():
        assert abs(log(found.values[asset].usd / usd)) <= 4 * found.values[asset].sigma_bp * BP


def test_every_venue_alone_agrees():
    """Values do not depend on which venues are asked, when all of them say the same."""
    quotes = market(VENUES, 0, noise=0.0)
    whole = solve(quotes, 0, PRICING)

    for pair in combinations(VENUES, 2):
        part = solve([told for told in quotes if told.venue in pair], 0, PRICING)
        for asset, value in whole.values.items():
            assert part.values[asset].usd == pytest.approx(value.usd, rel=1e-9)
            assert part.values[asset].sigma_bp >= value.sigma_bp
