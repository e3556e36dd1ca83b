"""Who is off: a coin everywhere, or one venue, and which of the two assets of a market."""

import pytest

from bot.model.coins import shipped
from bot.model.decisions import FairValues, Value
from bot.model.events import Quote
from bot.model.markets import Market
from bot.strategy import deviation
from bot.strategy.deviation import Reading

NOW = 10**18


def readings(residuals: dict[str, float], usd: dict[str, float] | None = None, since: int = 0) -> dict[str, Reading]:
    """Readings at markets written "venue BASE/QUOTE", each so many bp above what the values say; by coin and scope."""
    markets = {Market(venue, *pair.split("/")): bp for name, bp in residuals.items() for venue, pair in [name.split()]}
    assets = {asset for market in markets for asset in (market.base, market.quote)}
    values = {asset: Value((usd or {}).get(asset, 1.0), 1.0, 1.0, anchored=True) for asset in assets}
    quotes = [Quote(0, NOW, *market, 1.0, 1.0) for market in markets]
    told = deviation.read(FairValues(NOW, values, markets), quotes, since, shipped())
    return {f"{one.coin} {one.scope}": one for one in told}


def off(residuals: dict[str, float], usd: dict[str, float] | None = None) -> dict[str, float]:
    """What is off, and how far, bp."""
    return {name: pytest.approx(one.bp) for name, one in readings(residuals, usd).items() if abs(one.bp) > 1e-6}


def test_one_wrong_venue_is_the_venue() -> None:
    """A coin that is cheap in one place and at par elsewhere is off at that place only."""
    assert off({"a USDC/USD": 0, "b USDC/USD": -400, "c USDC/USD": 0}) == {"USDC venue:b": -400}


def test_a_coin_that_moved_everywhere_is_the_coin() -> None:
    """No venue is off that shows what all show."""
    assert off({"a USDC/USD": 0, "b USDC/USD": 0}, {"USDC": 0.9}) == {"USDC coin": -1000}


def test_a_venue_that_lags_is_not_off_its_peg() -> None:
    """Where a coin has fallen, a venue nearer to the peg is late; one farther away stands out."""
    told = off({"a USDC/USD": 0, "b USDC/USD": 600, "c USDC/USD": -200}, {"USDC": 0.9})

    assert told == {"USDC coin": -1000, "USDC venue:c": -200}


def test_between_two_assets_the_one_with_more_markets_off_is_blamed() -> None:
    """Five coins that all rise against USDT at one venue did not move: USDT fell there."""
    fell = {f"b {coin}/USDT": 300.0 for coin in ("USDC", "DAI", "TUSD", "BUSD", "FRAX")}
    steady = {f"a {coin}/USDT": 0.0 for coin in ("USDC", "DAI", "TUSD", "BUSD", "FRAX")}

    assert off(fell | steady) == {"USDT venue:b": -300}


def test_a_coin_is_off_only_as_far_as_all_its_markets_there_agree() -> None:
    """One odd book among several of a coin at a venue is that book."""
    assert off({"a USDC/USD": -400, "a USDC/USDT": -100, "a USDT/USD": 0}) == {"USDC venue:a": -100}
    assert off({"a USDC/USD": -400, "a USDC/USDT": 0, "a USDT/USD": 0}) == {}


def test_a_coin_is_heard_by_way_of_bitcoin_only_where_it_has_no_other_market() -> None:
    """Bitcoin at its usual price in a coin does not excuse the coin's own book there."""
    assert off({"a USDC/USDT": -400, "a BTC/USDC": 1, "b USDC/USDT": 0}) == {"USDC venue:a": -400}
    assert off({"a BTC/USDC": 400, "a BTC/USD": 0, "b USDC/USD": 0}) == {"USDC venue:a": -400}


def test_bitcoin_that_is_off_blames_no_coin() -> None:
    """Between bitcoin and a coin, with nothing else to tell, it is bitcoin; it moves all the time."""
    assert off({"a BTC/USDT": 500, "b BTC/USDT": 0, "b BTC/USD": 0}) == {}


def test_coins_without_news_are_not_read() -> None:
    """A reading is made when somebody said something."""
    assert readings({"a USDC/USD": 0}, since=NOW) == {}


def test_a_euro_coin_is_held_against_the_euro() -> None:
    """Its price is in euros, whatever they are worth."""
    told = readings({"a EURC/EUR": 0, "a EUR/USD": 0}, {"EURC": 1.05, "EUR": 1.08})

    assert told["EURC coin"].price == pytest.approx(1.05 / 1.08)
