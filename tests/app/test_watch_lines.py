"""What `repeg watch` shows of what was seen."""

import pytest

from bot.app import watch_cells, watch_lines
from bot.app.watching import TRAIL, Watch, policy
from bot.model.coins import shipped
from bot.model.events import Quote, QuotesSeen
from bot.model.markets import Market
from bot.strategy.depeg import Thresholds
from bot.venues.health import FeedHealth, FeedState

SECOND = 10**9
START = 1_678_000_000 * SECOND
HASTY = Thresholds(hold=2 * SECOND, settle=10 * SECOND)
HEALTH = FeedHealth("kraken", FeedState.LIVE, 3, 3, 0.1, 2.0, 1.0, 9.0, 0, 0, 0, 0.0, "")


class Clock:
    """Time as told."""

    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    """Nothing was seen yet."""
    return Watch(policy(shipped(), HASTY), Clock())


def look(watch, seconds, *prices):
    """At that second, these (venue, base, quote, price)."""
    at = watch.clock.now = START + seconds * SECOND
    quotes = (Quote(at, at, *market, price * 0.9999, price * 1.0001, 1e5, 1e5) for *market, price in prices)
    watch.take(QuotesSeen(at, at, tuple(quotes)))


def fallen(usdc=0.95):
    """USDC at two venues in dollars, and against Tether."""
    return (
        ("kraken", "USDC", "USD", usdc),
        ("coinbase", "USDT", "USD", 1.0),
        ("coinbase", "USDC", "USDT", usdc + 0.002),
        ("bitstamp", "USDC", "USD", usdc - 0.001),
    )


def test_a_coin_is_told_in_dollars_with_its_dearest_and_cheapest_venue(watch):
    """And how many markets told of it, and how long ago."""
    look(watch, 0, *fallen())
    watch.clock.now += 3 * SECOND
    usdc = next(line for line in watch_lines.coins(watch) if line.coin == "USDC")

    assert usdc.usd == pytest.approx(0.95, abs=2e-3)
    assert usdc.off_bp == pytest.approx(-500, abs=20)
    assert usdc.best == ("coinbase", pytest.approx(0.952, abs=2e-3))
    assert usdc.worst == ("bitstamp", pytest.approx(0.949, abs=2e-3))
    assert (usdc.markets, usdc.age, usdc.anchored) == (3, 3.0, True)


def test_markets_are_told_the_dearest_first(watch):
    """A coin may be the base of a market or its quote."""
    look(watch, 0, *fallen())

    assert [str(line.market) for line in watch_lines.markets(watch, "USDC")] == [
        "coinbase USDC/USDT",
        "kraken USDC/USD",
        "bitstamp USDC/USD",
    ]
    assert Market("coinbase", "USDC", "USDT") in [line.market for line in watch_lines.markets(watch, "USDT")]


def test_severity_is_that_of_the_depeg_while_it_lasts(watch):
    """Before it is confirmed a coin that is far off is to be watched."""
    look(watch, 0, *fallen())
    first = next(line for line in watch_lines.coins(watch) if line.coin == "USDC")
    for seconds in range(1, 5):
        look(watch, seconds, *fallen())
    later = next(line for line in watch_lines.coins(watch) if line.coin == "USDC")

    assert first.severity == "watch"
    assert later.severity in ("major", "severe")
    assert [(depeg.coin, depeg.scope) for depeg in watch_lines.depegs(watch)] == [("USDC", "coin")]
    assert [warning.depeg.coin for warning in watch.warnings] == ["USDC"]


def test_a_trail_is_a_step_a_second_and_bounded(watch):
    """However many looks a second has, and however long it lasts."""
    for seconds in range(TRAIL + 10):
        look(watch, seconds, ("kraken", "USDC", "USD", 1.0 + seconds / 1e5))
        look(watch, seconds, ("kraken", "USDC", "USD", 1.0))

    assert len(watch.trails["USDC"]) == TRAIL
    assert watch.trails["USDC"][-1] == pytest.approx((TRAIL + 9) / 10, rel=1e-4)


def test_a_snapshot_tells_all_of_it(watch):
    """Coins, depegs that last, and feeds."""
    for seconds in range(5):
        look(watch, seconds, *fallen())
    told = watch_lines.snapshot(watch, [HEALTH])
    usdc = next(coin for coin in told["coins"] if coin["coin"] == "USDC")

    assert told["time"].endswith("Z")
    assert usdc["best"]["venue"] == "coinbase"
    assert usdc["severity"] == told["depegs"][0]["severity"]
    assert told["feeds"][0]["state"] == "live"


def test_without_a_dollar_market_it_says_so(watch):
    """Values rest on an assumption then."""
    look(watch, 0, ("kraken", "USDC", "USDT", 1.0))

    assert "par is assumed" in watch_cells.summary(watch_lines.coins(watch), (), [HEALTH])
