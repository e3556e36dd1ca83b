"""`repeg candles record` keeps live quotes as bars, without holding them up."""

import asyncio
import threading
from contextlib import suppress

import pytest

from bot.app import recording
from bot.model.coins import shipped
from bot.model.errors import UserError
from bot.model.markets import Market
from bot.model.times import MINUTE, SECOND
from bot.records.quote_bars import Recorder
from bot.records.series import Series
from bot.records.shelf import Shelf
from bot.sandbox.exchange import Exchanges
from bot.venues.exchange import Feeds

COINS = shipped()
USDC = Market("binance", "USDC", "USDT")


@pytest.fixture
async def exchanges():
    async with Exchanges(["binance"]) as exchanges:
        yield exchanges


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf", COINS)


class Heard(Recorder):
    """Tells when it was given something."""

    heard: asyncio.Event

    def take(self, seen):
        super().take(seen)
        self.heard.set()


async def test_live_quotes_are_recorded_until_told_to_stop(exchanges, shelf):
    """As bars of what stood in the middle of the book, the bar of the moment included."""
    exchanges.quote("binance", "USDC", "USDT", 0.99, 1.01)
    recorder = Heard(shelf)
    recorder.heard = asyncio.Event()
    recording_now = asyncio.create_task(
        recording.record(Feeds(["binance"], COINS, ["USDC"], exchanges.url), recorder, None)
    )
    await recorder.heard.wait()
    recording_now.cancel()
    with suppress(asyncio.CancelledError):
        await recording_now

    assert shelf.read(Series(USDC, MINUTE)).close.tolist() == [1.0]


class Elsewhere(Shelf):
    """Tells in which thread it takes bars in first."""

    thread: asyncio.Future

    def append(self, candles):
        self.thread.get_loop().call_soon_threadsafe(self.tell, threading.get_ident())
        return super().append(candles)

    def tell(self, thread):
        if not self.thread.done():
            self.thread.set_result(thread)


async def test_the_shelf_does_not_hold_up_the_quotes(exchanges, shelf, monkeypatch):
    """Bars go there from a thread of their own."""
    monkeypatch.setattr(recording, "TURN", 0.01)
    slow = Elsewhere(shelf.folder, COINS)
    slow.thread = asyncio.get_running_loop().create_future()
    exchanges.quote("binance", "USDC", "USDT", 0.99, 1.01)
    task = asyncio.create_task(
        recording.record(Feeds(["binance"], COINS, ["USDC"], exchanges.url), Recorder(slow, SECOND, pending=1), None)
    )
    assert await slow.thread != threading.get_ident()

    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_disk_that_fails_ends_the_recording_in_one_line(exchanges, shelf, monkeypatch):
    """And not in a heap of what was going on."""
    monkeypatch.setattr(recording, "TURN", 0.01)
    recorder = Recorder(shelf, SECOND, pending=1)
    (shelf.folder / "binance").write_text("in the way")
    exchanges.quote("binance", "USDC", "USDT", 0.99, 1.01)

    with pytest.raises(UserError, match="shelf cannot be written"):
        await recording.record(Feeds(["binance"], COINS, ["USDC"], exchanges.url), recorder, None)
