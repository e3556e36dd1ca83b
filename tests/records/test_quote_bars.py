"""Quotes are kept as bars, and only the bar of the moment can be lost."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.errors import UserError
from bot.model.events import Quote, QuotesSeen
from bot.model.markets import Market
from bot.model.times import HOUR, MINUTE, SECOND
from bot.records.quote_bars import Recorder
from bot.records.series import Series
from bot.records.shelf import Shelf

from .bars import BEGIN, COINS, MARKET

SERIES = Series(MARKET, MINUTE)
LOG = "recording-1m.jsonl"


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path, COINS)


def seen(moment: int, bid: float | None, ask: float | None = None, market: Market = MARKET) -> QuotesSeen:
    """One look: one quote, its ask two hundredths above the bid unless told."""
    ask = ask if ask is not None or bid is None else bid + 0.02
    return QuotesSeen(moment, moment, (Quote(moment, moment, *market, bid, ask),))


def recorded(shelf, *looks, **options):
    """The looks written down, the recorder closed."""
    recorder = Recorder(shelf, **options)
    for look in looks:
        recorder.take(look)
        if recorder.full:
            recorder.flush()
    recorder.close()


prices = st.lists(st.tuples(st.integers(0, 600), st.floats(0.5, 2)), min_size=1).map(sorted)


@given(prices, st.integers(1, 5))
def test_a_bar_has_the_first_last_highest_and_lowest_middle(tmp_path_factory, looks, pending):
    """For every minute somebody quoted, whenever the log went onto the shelf."""
    shelf = Shelf(tmp_path_factory.mktemp("shelf"), COINS)
    recorded(shelf, *(seen(BEGIN + s * SECOND, bid, bid) for s, bid in looks), pending=pending)
    held = shelf.read(SERIES)
    minutes = [[bid for s, bid in looks if s // 60 == minute] for minute in sorted({s // 60 for s, _ in looks})]

    assert ((held.opened - BEGIN) // MINUTE).tolist() == sorted({s // 60 for s, _ in looks})
    assert held.open.tolist() == [each[0] for each in minutes]
    assert held.high.tolist() == [max(each) for each in minutes]
    assert held.low.tolist() == [min(each) for each in minutes]
    assert held.close.tolist() == [each[-1] for each in minutes]
    assert np.isnan(held.volume).all()


@pytest.mark.parametrize(
    ("bid", "ask"), [(None, 1.0), (1.0, float("inf")), (1.01, 1.0), (0.0, 1.0), (float("nan"), 1.0), (-1.0, 1.0)]
)
def test_half_a_book_says_no_price(shelf, bid, ask):
    """Nor does a crossed one."""
    recorded(shelf, seen(BEGIN, bid, ask))

    assert shelf.every() == ([], [])


def test_markets_are_kept_apart(shelf):
    """Each has bars of its own."""
    other = Market("chain:curve-3pool", "USDC", "USDT")
    recorded(shelf, seen(BEGIN, 1.0), seen(BEGIN, 0.9, market=other), timeframe=HOUR)

    assert shelf.read(Series(MARKET, HOUR)).close.tolist() == [1.01]
    assert shelf.read(Series(other, HOUR)).close.tolist() == [0.91]


def test_time_ends_a_bar_though_nobody_quotes(shelf):
    """What has ended is on disk, in the log."""
    recorder = Recorder(shelf)
    recorder.take(seen(BEGIN, 1.0))
    assert (shelf.folder / LOG).read_bytes() == b""

    recorder.pass_time(BEGIN + MINUTE)
    assert b"kraken" in (shelf.folder / LOG).read_bytes()
    recorder.close()


def test_memory_is_bounded(shelf):
    """It tells after how many bars it is full; put onto the shelf, the log starts anew."""
    recorder = Recorder(shelf, pending=3)
    for minute in range(3):
        assert not recorder.full
        recorder.take(seen(BEGIN + minute * MINUTE, 1.0))
    recorder.pass_time(BEGIN + 3 * MINUTE)
    assert recorder.full

    recorder.flush()
    assert not recorder.full
    assert (shelf.folder / LOG).read_bytes() == b""
    recorder.close()
    assert len(shelf.read(SERIES)) == 3


class Meanwhile(Shelf):
    """A shelf on which something happens while it takes bars in."""

    def append(self, candles):
        self.happens()
        return super().append(candles)


def test_quotes_do_not_wait_for_the_shelf(tmp_path):
    """Bars that end while others are put there are kept, in the log too, and go there next."""
    shelf = Meanwhile(tmp_path, COINS)
    recorder = Recorder(shelf)
    recorder.take(seen(BEGIN, 1.0))
    recorder.pass_time(BEGIN + MINUTE)
    shelf.happens = lambda: recorder.take(seen(BEGIN + 2 * MINUTE, 1.0)) or recorder.pass_time(BEGIN + 3 * MINUTE)
    recorder.flush()

    assert len(shelf.read(SERIES)) == 1
    assert (shelf.folder / LOG).read_bytes().count(b"\n") == 2

    shelf.happens = lambda: None
    recorder.close()
    recorder.flush()
    assert len(shelf.read(SERIES)) == 2
    assert (shelf.folder / LOG).read_bytes() == b""


def test_a_recorder_that_is_killed_loses_only_the_bar_of_the_moment(shelf):
    """The next one puts what it left onto the shelf, a torn line aside."""
    ended = subprocess.run([sys.executable, Path(__file__).with_name("writer.py"), "record", shelf.folder])
    assert ended.returncode == -signal.SIGKILL
    with (shelf.folder / LOG).open("a") as log:
        log.write('["kraken","USD')

    Recorder(shelf).close()
    assert len(shelf.read(SERIES)) == 9
    assert (shelf.folder / LOG).read_bytes() == b""


def test_a_log_has_one_writer(shelf):
    """A second recorder is turned away."""
    first = Recorder(shelf)
    with pytest.raises(UserError, match=r"another process is recording"):
        Recorder(shelf)
    first.close()

    Recorder(shelf).close()


@pytest.mark.parametrize("line", ["no bar\n", "[1]\n", '{"a": 1}\n'])
def test_a_damaged_log_is_left_as_it_is(shelf, line):
    """And named, so that somebody can look at it."""
    (shelf.folder / LOG).write_text(line)

    with pytest.raises(UserError, match=r"recording-1m\.jsonl: the log of recorded quotes is damaged"):
        Recorder(shelf)
    assert (shelf.folder / LOG).read_text() == line


def test_quotes_need_a_place_to_be_recorded(tmp_path):
    """Where there is none it is named."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(UserError, match=r"file/recording-1m\.jsonl: quotes cannot be recorded"):
        Recorder(Shelf(tmp_path / "file", COINS))
