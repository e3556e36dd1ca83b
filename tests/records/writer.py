"""A process that writes price history until it is done or killed: writer.py DEED FOLDER. See the deeds at its end."""

import os
import signal
import sys
from pathlib import Path

from bot.model.events import Quote, QuotesSeen
from bot.model.times import MINUTE
from bot.records.quote_bars import Recorder
from bot.records.shelf import Shelf

sys.path.insert(0, str(Path(__file__).parents[1]))
from records.bars import BEGIN, COINS, MARKET, candles


def append(shelf: Shelf, minutes: range) -> None:
    """A bar at a time; says so after each."""
    for minute in minutes:
        shelf.append(candles(1, begin=BEGIN + minute * MINUTE))
        print(minute, flush=True)


def record(shelf: Shelf) -> None:
    """Ten minutes of quotes, then no time to close anything."""
    recorder = Recorder(shelf)
    for minute in range(10):
        moment = BEGIN + minute * MINUTE
        recorder.take(QuotesSeen(moment, moment, (Quote(moment, moment, *MARKET, 0.99, 1.01),)))
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    deed, shelf = sys.argv[1], Shelf(Path(sys.argv[2]), COINS)
    match deed:
        case "append":
            append(shelf, range(10**9))
        case "append-even":
            append(shelf, range(0, 30, 2))
        case "append-odd":
            append(shelf, range(1, 30, 2))
        case "record":
            record(shelf)
