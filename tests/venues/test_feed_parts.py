"""The parts of a feed that ask nobody: clocks, back-off, boards, what is watched, what a fault means."""

import ccxt
import pytest
from aiohttp import ClientConnectionError
from hypothesis import given
from hypothesis import strategies as st

from bot.model.events import Quote
from bot.model.markets import Market
from bot.venues import discovery, faults, quoting
from bot.venues.backoff import Breaker, Circuit, Waits
from bot.venues.board import Board
from bot.venues.ccxt_client import reroute
from bot.venues.clocks import TOLERANCE_MS, Clock
from bot.venues.dialects import DIALECTS
from bot.venues.health import SECOND, FeedState, Pulse
from bot.venues.mailbox import Mailbox, look
from bot.venues.session import Session

from .feeding import COINS, HURRY

MARKET = Market("okx", "USDC", "USDT")
MS = 1_000_000


def quoted(bid, ask, seen_at=1, market=MARKET):
    """A quote without a venue's time."""
    return Quote(0, seen_at, market.venue, market.base, market.quote, bid, ask, 1.0, 1.0)


def listed(symbol, **more):
    """A market as ccxt tells of it."""
    base, quote = symbol.split("/")
    return {"symbol": symbol, "base": base, "quote": quote, "spot": True, "active": True, "info": {}} | more


@pytest.mark.parametrize("size", [float("nan"), float("inf")])
def test_a_size_that_is_no_number_is_none(size):
    """Nothing is traded on it: no amount is reckoned from what is no number."""
    assert quoting.side({"bids": [[0.99, size], [0.989, 5.0]]}, "bid") == (0.99, 0.0)


@given(st.lists(st.floats(-60_000, 60_000), min_size=1, max_size=30), st.floats(0, 1_000))
def test_no_message_ever_comes_from_the_future(skews, way):
    """Whatever a venue's clock does, latency is never negative, and one far ahead is found out at once."""
    clock = Clock()
    for skew in skews:
        now = 10**18
        assert clock.lag(now + round((skew - way) * MS), now) >= 0.0
        assert clock.trusted or skew - way <= TOLERANCE_MS or clock.skew_ms >= TOLERANCE_MS


@given(st.floats(-60_000, 60_000), st.floats(0, 400))
def test_a_clock_that_is_asked_is_known_within_the_time_of_the_question(skew, way):
    """Half of the way there and back is all the doubt there is."""
    clock = Clock()
    before = 10**18 + 1
    after = before + round(way * MS)
    clock.told(before + round((way / 2 + skew) * MS) | 1, before, after)

    assert clock.skew_ms == pytest.approx(skew, abs=1.0) or (clock.trusted and abs(skew) <= TOLERANCE_MS + way / 2 + 1)


def test_a_clock_told_in_whole_seconds_is_no_proof_of_skew():
    """A venue that cuts its milliseconds off is not behind."""
    clock = Clock()
    clock.told(10 * SECOND, 10 * SECOND + 900 * MS, 10 * SECOND + 910 * MS)
    assert clock.trusted


@given(st.integers(1, 40))
def test_waits_grow_and_the_circuit_opens_after_enough_failures(count):
    """No wait is longer than the longest, none is nothing, and a success forgets them all."""
    waits = Waits()
    breaker = Breaker(waits)
    told = [breaker.failed() for _ in range(count)]

    assert all(0 < wait <= waits.longest_rest for wait in told)
    assert (breaker.circuit is Circuit.OPEN) == (count >= waits.failures)
    if count >= waits.failures:
        assert told[-1] >= waits.rest / 2
        breaker.trying()
        assert breaker.circuit is Circuit.HALF_OPEN
    breaker.succeeded()
    assert (breaker.failures, breaker.circuit) == (0, Circuit.CLOSED)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=60))
def test_a_mailbox_holds_the_last_word_on_each_market(words):
    """A quote after a market stopped makes it live again, and the other way round."""
    mailbox, last = Mailbox(), {}
    for number, (name, stops) in enumerate(words):
        market = Market("okx", str(name), "USDT")
        last[market] = None if stops else quoted(0.99, 1.01, number, market)
        mailbox.drop(market) if stops else mailbox.put(last[market])
    assert len(mailbox) == len(last)
    seen = look(mailbox.take_now(), 7)

    assert {quote.market: quote for quote in seen.quotes} == {m: q for m, q in last.items() if q}
    assert set(seen.gone) == {market for market, quote in last.items() if not quote}
    assert len(mailbox) == 0


def test_a_board_repeats_itself_only_after_a_while():
    """The same quote again is no news but a sign of life."""
    mailbox = Mailbox()
    board = Board(mailbox, stale_after=30, repeat=1)
    board.post(quoted(0.99, 1.01, SECOND))
    mailbox.take_now()
    board.post(quoted(0.99, 1.01, SECOND + 5))
    assert len(mailbox) == 0
    board.post(quoted(0.98, 1.01, SECOND + 9))
    assert len(mailbox) == 1
    board.post(quoted(0.98, 1.01, 3 * SECOND))
    assert len(mailbox.take_now()[0]) == 1

    board.expire(33 * SECOND)
    assert len(board) == 1
    board.expire(33 * SECOND + 1)
    assert mailbox.take_now() == ((), (MARKET,))


def test_an_empty_book_takes_its_market_out_once():
    """Nobody on either side is no quote."""
    mailbox = Mailbox()
    board = Board(mailbox, stale_after=30, repeat=1)
    board.post(quoted(None, None))
    assert len(mailbox) == 0
    board.post(quoted(0.99, None, 2))
    board.post(quoted(None, None, 3))
    assert mailbox.take_now() == ((), (MARKET,))


@pytest.mark.parametrize(
    ("told", "sides"),
    [
        ({"bid": 0.0, "ask": 1.01, "askVolume": 5.0}, (None, 0.0, 1.01, 5.0)),
        ({"bid": 0.99, "bidVolume": None, "ask": None, "askVolume": 3.0}, (0.99, 0.0, None, 0.0)),
        ({"bid": float("nan"), "ask": float("inf")}, (None, 0.0, None, 0.0)),
        ({"bids": [[0.99, 2.0], [0.9899, 3.0], [0.9, 50.0]], "asks": []}, (0.99, 5.0, None, 0.0)),
    ],
)
def test_a_quote_tells_only_what_is_there(told, sides):
    """Nothing, zero and what is no number are nobody; sizes close to the best price are counted with it."""
    seen = quoting.quote(MARKET, told, 1)
    assert (seen.bid, seen.bid_size, seen.ask, seen.ask_size) == sides
    assert seen.made_at == 0


def test_the_watched_pairs_are_spot_open_and_by_one_name():
    """Every name of an asset is one; perpetuals, closed markets, aliases and strangers are left out."""
    markets = [
        listed("PAX/USD"),
        listed("WBTC/USDT"),
        listed("BTC/USDT"),
        listed("USDC/USDT", active=None),
        listed("DAI/USDT", active=False),
        listed("USDC/USD", spot=False),
        listed("BTC/USDC", info={"alias": "BTC-USD"}),
        listed("DOGE/USDT"),
        listed("WETH/ETH"),
        listed("TUSD/USDT"),
    ]
    found = discovery.watched("okx", markets, COINS, ["USDP", "DAI"])

    assert [(symbol, str(market)) for symbol, market in found.items()] == [
        ("PAX/USD", "okx USDP/USD"),
        ("USDC/USDT", "okx USDC/USDT"),
        ("BTC/USDT", "okx BTC/USDT"),
    ]


@given(st.sampled_from(sorted(DIALECTS)), st.integers(0, 120))
def test_every_market_is_asked_for_once_within_the_bounds_of_its_exchange(venue, count):
    """Calls together name each market carried exactly once, none more than the exchange takes at a time."""
    dialect = DIALECTS[venue]
    carried = dialect.carried({f"S{k}": MARKET for k in range(count)})
    calls = dialect.calls(tuple(carried))
    asked = [symbol for call in calls for symbol in (call[0] if dialect.together else [call[0]])]

    assert asked == list(carried)
    assert len(carried) == min(count, dialect.most or count)
    assert not dialect.together or all(len(call[0]) <= dialect.together for call in calls)


def refused(kind, cause=None):
    """An exception of ccxt, with what caused it."""
    error = kind("okx GET https://www.okx.com/api/v5?apiKey=SECRET&x=1 <html><b>no</b></html>")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (refused(ccxt.OnMaintenance), FeedState.MAINTENANCE),
        (refused(ccxt.ExchangeNotAvailable), FeedState.MAINTENANCE),
        (refused(ccxt.ExchangeNotAvailable, ClientConnectionError("no route")), FeedState.DOWN),
        (refused(ccxt.RateLimitExceeded), FeedState.DOWN),
        (refused(ccxt.PermissionDenied), FeedState.REFUSED),
        (refused(ccxt.AuthenticationError), FeedState.REFUSED),
        (KeyError("b"), FeedState.DOWN),
    ],
)
def test_a_fault_means_one_state(error, state):
    """Away, unreachable, unwilling: an operator does different things about each."""
    assert faults.state_of(error) is state


def test_one_market_that_is_refused_does_not_stop_the_others():
    """A subscription that failed is only noted; a broken socket ends the session."""
    session = Session(Board(Mailbox(), 30, 1), Pulse(), Clock(), HURRY, lambda: 1)
    session.fault(ccxt.BadSymbol("okx does not have market symbol XX/USD"))
    session._look()
    assert "XX/USD" in str(session.complaint)

    session.fault(ccxt.NetworkError("gone"))
    with pytest.raises(ccxt.NetworkError, match="gone"):
        session._look()


def test_a_reason_is_one_line_without_secrets_or_pages():
    """The query of a URL may hold a key; a page of HTML tells nobody anything."""
    assert faults.reason(refused(ccxt.ExchangeError)) == "ExchangeError: okx GET https://www.okx.com/api/v5 no"
    assert faults.reason(refused(ccxt.ExchangeNotAvailable, ClientConnectionError("no route"))) == "no route"
    assert len(faults.reason(ccxt.NetworkError("x" * 500))) == faults.LONGEST


@pytest.mark.parametrize(
    ("url", "behind"),
    [
        ("https://api.binance.com/api/v3", "http://127.0.0.1:9/api.binance.com/api/v3"),
        ("wss://stream.{hostname}/v5", "ws://127.0.0.1:9/stream.{hostname}/v5"),
        ("ws://127.0.0.1:9/ws.kraken.com/v2", "ws://127.0.0.1:9/ws.kraken.com/v2"),
        ("no url", "no url"),
    ],
)
def test_every_host_is_found_behind_the_gate(url, behind):
    """Its own name comes first in the path, and what is behind the gate already stays."""
    assert reroute(url, "http://127.0.0.1:9") == behind


def test_a_gate_may_be_secure_and_have_a_path():
    """Sockets and requests go the same way."""
    assert reroute("wss://ws.kraken.com/v2", "https://gate.example/x/") == "wss://gate.example/x/ws.kraken.com/v2"


def test_a_rate_counts_whole_seconds_of_the_last_ten():
    """A hundred messages in one second, ten seconds ago and before, are ten a second and then none."""
    pulse = Pulse()
    for k in range(100):
        pulse.beat(5 * SECOND + k)
    assert (pulse.rate(5 * SECOND + 200), pulse.rate(6 * SECOND), pulse.rate(16 * SECOND)) == (0.0, 10.0, 0.0)
    assert pulse.age(6 * SECOND) == pytest.approx(1.0, abs=1e-3)
