"""What goes wrong at one exchange: what its feed shows, that it comes back, and that the others never notice."""

import re

import pytest

from bot.sandbox.exchange_faults import Fault
from bot.venues.dialects import DIALECTS, Dialect
from bot.venues.health import FeedState

from .feeding import watching

OTHERS = ("coinbase", "okx")
SICK = ("binance", "kraken", "bybit", "htx", "mexc", "bitfinex", "upbit", "gemini")
PAIRS = dict.fromkeys((*SICK, *OTHERS), "USDC/USDT BTC/USDT")
SHOWN = {
    Fault.DROP: FeedState.DOWN,
    Fault.STALL: FeedState.STALE,
    Fault.GARBAGE: FeedState.DOWN,
    Fault.UNAVAILABLE: FeedState.MAINTENANCE,
    Fault.MAINTENANCE: FeedState.MAINTENANCE,
}


async def healthy(watch):
    """All are live."""
    for each in watch.feeds.health():
        await watch.state(each.venue, FeedState.LIVE)


def untouched(watch, *venues):
    """Nothing of theirs ever paused, broke or was connected anew."""
    return all(
        (told := watch.health(venue)).state is FeedState.LIVE
        and (told.reconnects, told.last_error, watch.gone[venue]) == (0, "", 0)
        for venue in venues
    )


@pytest.mark.parametrize("fault", SHOWN)
async def test_a_broken_exchange_says_so_and_comes_back(fault):
    """Its quotes stop counting; when it is mended they are there again, and the others had theirs all along."""
    async with watching(*SICK, *OTHERS, markets=PAIRS) as watch:
        await healthy(watch)
        for venue in SICK:
            watch.exchanges.fault(venue, fault)
        for venue in SICK:
            await watch.state(venue, SHOWN[fault])
        await watch.until(lambda: all(watch.health(venue).last_error for venue in SICK))
        await watch.until(lambda: not any(market.venue in SICK for market in watch.quotes))

        for venue in SICK:
            watch.exchanges.mend(venue)
        await healthy(watch)

        assert all(watch.health(venue).reconnects >= 1 for venue in SICK)
        assert untouched(watch, *OTHERS)


@pytest.mark.parametrize("venue", ["binance", "kraken", "bybit", "mexc"])
async def test_an_exchange_that_counts_requests_is_left_alone_for_a_while(venue):
    """429 at the beginning: down, with the reason, and live once it answers again."""

    def limited(exchanges):
        exchanges.fault(venue, Fault.RATE_LIMITED)

    async with watching(venue, *OTHERS, markets=PAIRS, before=limited) as watch:
        told = await watch.state(venue, FeedState.DOWN)
        assert re.search("429|limit|many", told.last_error, re.IGNORECASE)
        watch.exchanges.mend(venue)
        await healthy(watch)
        assert untouched(watch, *OTHERS)


async def test_garbage_for_a_list_of_markets_is_no_refusal():
    """What cannot be read is asked for again soon; only a list without our coins is an answer."""

    def garbled(exchanges):
        exchanges.fault("bitstamp", Fault.GARBAGE)

    async with watching("bitstamp", markets={"bitstamp": "USDC/USD"}, before=garbled) as watch:
        await watch.until(lambda: watch.health("bitstamp").last_error)
        assert watch.health("bitstamp").state is FeedState.DOWN
        watch.exchanges.mend("bitstamp")
        await healthy(watch)


async def test_a_slow_exchange_shows_how_slow():
    """Its latency is what it is late, and it is live all the same."""
    async with watching("okx", "bybit", markets=PAIRS) as watch:
        await healthy(watch)
        watch.exchanges.fault("okx", Fault.SLOW, 0.4)
        told = await watch.until(lambda: (told := watch.health("okx")).latency_p99_ms > 390 and told)
        assert told.state is FeedState.LIVE
        assert watch.health("bybit").latency_p99_ms < 390


@pytest.mark.parametrize("seconds", [30.0, -30.0])
async def test_a_clock_that_is_wrong_is_measured_and_no_longer_believed(seconds):
    """The skew is told, quotes carry no venue time, and latency is what it would be by our clock."""
    async with watching("okx", "bybit", markets=PAIRS) as watch:
        await healthy(watch)
        watch.exchanges.fault("okx", Fault.SKEW, seconds)
        told = await watch.until(lambda: abs((told := watch.health("okx")).skew_ms) > 20_000 and told)
        assert told.skew_ms == pytest.approx(seconds * 1000, abs=1_000)
        await watch.until(lambda: all(q.made_at == 0 for m, q in watch.quotes.items() if m.venue == "okx"))
        assert all(quote.made_at for market, quote in watch.quotes.items() if market.venue == "bybit")

        watch.exchanges.mend("okx")
        await watch.until(lambda: watch.health("okx").skew_ms == 0.0)
        await watch.until(lambda: all(q.made_at for m, q in watch.quotes.items() if m.venue == "okx"))


@pytest.mark.parametrize("venue", ["binance", "okx", "bitget", "cryptocom"])
async def test_a_gap_in_a_book_is_asked_for_anew(venue, monkeypatch):
    """Where ccxt finds a break in the sequence the stream is subscribed again, and the right quotes are back."""
    monkeypatch.setitem(DIALECTS, venue, Dialect("watch_order_book"))
    others = [each for each in OTHERS if each != venue]
    async with watching(venue, *others, markets=PAIRS | {venue: "USDC/USDT"}) as watch:
        await healthy(watch)
        watch.exchanges.fault(venue, Fault.GAP)
        await watch.until(lambda: watch.health(venue).gaps > 0)
        watch.exchanges.mend(venue)
        await healthy(watch)
        assert untouched(watch, *others)


async def test_lost_quotes_of_the_touch_are_made_good_by_the_next():
    """A stream of best bid and ask needs no sequence: with every other change lost it goes on."""
    async with watching("binance", "kraken", markets=PAIRS) as watch:
        await healthy(watch)
        watch.exchanges.fault("binance", Fault.GAP)
        await watch.until(lambda: watch.health("binance").rate > 20)
        assert untouched(watch, "binance", "kraken")


async def test_a_crossed_book_is_dropped_and_counted():
    """A bid at or above the ask is no quote; the last good one stands."""
    async with watching("okx", markets={"okx": "USDC/USDT DAI/USDT"}, moving=False) as watch:
        watch.exchanges.quote("okx", "USDC", "USDT", 0.9990, 1.0010)
        await watch.state("okx", FeedState.LIVE)
        watch.exchanges.quote("okx", "USDC", "USDT", 1.0020, 1.0010)
        await watch.until(lambda: watch.health("okx").crossed == 1)
        assert [quote.bid for quote in watch.quotes.values()] == [0.9990]


async def test_a_book_with_one_side_keeps_none_for_the_other():
    """Nobody there is a fact of its own."""
    async with watching("okx", markets={"okx": "USDC/USDT"}, moving=False) as watch:
        watch.exchanges.quote("okx", "USDC", "USDT", None, 1.0010)
        (quote,) = (await watch.until(lambda: watch.quotes)).values()
        assert (quote.bid, quote.bid_size, quote.ask) == (None, 0.0, 1.0010)


async def test_a_market_that_says_nothing_is_gone_while_others_go_on():
    """A quote counts as long as somebody stands by it."""
    async with watching("okx", markets={"okx": "USDC/USDT DAI/USDT"}, moving=False) as watch:
        watch.exchanges.quote("okx", "DAI", "USDT", 0.9990, 1.0010)
        await watch.until(lambda: watch.quotes)
        step = 0
        while watch.gone["okx"] == 0:
            step += 1
            watch.exchanges.quote("okx", "USDC", "USDT", 0.999 - step % 5 * 0.0001, 1.0010)
            await watch.looked_again()
        assert [market.base for market in watch.quotes] == ["USDC"]
        assert watch.health("okx").state is FeedState.LIVE


async def test_an_exchange_without_a_watched_pair_is_refused_with_the_reason():
    """Nothing to do there is said, and tried again only much later."""
    async with watching("kraken", *OTHERS, markets=PAIRS | {"kraken": "DOGE/USD"}) as watch:
        told = await watch.state("kraken", FeedState.REFUSED)
        assert told.last_error == "lists none of the watched markets"
        for venue in OTHERS:
            await watch.state(venue, FeedState.LIVE)
