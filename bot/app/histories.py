"""Price history for commands: read with a bar on the terminal, its complaints told, nothing silently left out."""

from collections.abc import Sequence
from pathlib import Path

from bot.app import screen
from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import Candles
from bot.records import candles
from bot.records.candles import History


def load(paths: Sequence[Path], coins: Coins) -> tuple[Candles, ...]:
    """The history in these files and folders. What cannot be used is told; `UserError` when that is all of it."""
    history = read(paths, coins)
    if not history.candles:
        *rest, last = history.complaints
        for line in rest:
            screen.complain(line)
        raise UserError(last)
    for line in history.complaints:
        screen.complain(line)
    return history.candles


def read(paths: Sequence[Path], coins: Coins) -> History:
    """The same for who tells the complaints in another way. Nothing of no paths."""
    with screen.progress("reading") as advance:
        return candles.read(paths, coins, lambda done, count: advance(done / count))
