"""What ails a feed, from the exceptions ccxt raises."""

import re

import ccxt
from aiohttp import ClientError

from bot.venues.health import FeedState

LONGEST = 160  # characters of a reason


class FeedError(Exception):
    """A feed cannot go on. The text is one line."""


class SilentError(FeedError):
    """The socket is open and says nothing."""


class NothingWatchedError(FeedError):
    """The exchange has no market of what is watched."""


GAPS = (ccxt.ChecksumError, ccxt.InvalidNonce)
"""The book is no longer what the exchange's is; a new subscription mends it."""

LIMITED = (ccxt.RateLimitExceeded, ccxt.DDoSProtection)

OF_ONE_STREAM = (ccxt.BadSymbol, ccxt.BadRequest, ccxt.ArgumentsRequired)
"""One subscription is refused; the others go on, and if there are none the exchange is silent."""

REFUSALS = (NothingWatchedError, ccxt.AuthenticationError, ccxt.PermissionDenied, ccxt.NotSupported)


def state_of(error: BaseException) -> FeedState:
    """What an exchange that answers like this is to us."""
    if isinstance(error, REFUSALS):
        return FeedState.REFUSED
    if isinstance(error, ccxt.OnMaintenance):
        return FeedState.MAINTENANCE
    if isinstance(error, ccxt.ExchangeNotAvailable) and not isinstance(error, ccxt.DDoSProtection):
        return FeedState.DOWN if _unreached(error) else FeedState.MAINTENANCE
    return FeedState.DOWN


def reason(error: BaseException) -> str:
    """One line that says what is wrong: no query of a URL, no page of HTML, its cause where there is one."""
    cause = error.__cause__
    return _clean(str(cause) if cause is not None and str(cause).strip() else _text(error))


def _unreached(error: BaseException) -> bool:
    """Whether no exchange answered at all: ccxt calls that not available too."""
    return isinstance(error.__cause__, ClientError | OSError)


def _text(error: BaseException) -> str:
    said = str(error).strip()
    if isinstance(error, FeedError):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _clean(text: str) -> str:
    line = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()
    line = re.sub(r"(\w+://[^\s?#]*)[?#]\S*", r"\1", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
