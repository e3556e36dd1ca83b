"""What an exchange's error says of the order that was sent: refused, not taken for now, or nobody knows."""

import json
from enum import Enum, auto

import ccxt

from bot.venues import faults
from bot.venues.faults import LIMITED, FeedError


class Fate(Enum):
    """Of an order whose answer was an error."""

    REFUSED = auto()  # it does not stand, and never will
    PUT_OFF = auto()  # it was not taken; the same may be sent again
    DOUBTFUL = auto()  # the exchange said no, in words that ccxt does not know: it is looked up
    UNKNOWN = auto()  # it may stand


class NotKnownError(FeedError):
    """The exchange does not tell yet what became of an order."""


class GarbledError(FeedError):
    """An answer that is none."""


REFUSALS = (
    ccxt.AuthenticationError,
    ccxt.ArgumentsRequired,
    ccxt.BadRequest,
    ccxt.OperationRejected,
    ccxt.InsufficientFunds,
    ccxt.InvalidOrder,
    ccxt.NotSupported,
)
KEYS_REFUSED = (ccxt.AuthenticationError,)
UNREADABLE = (TypeError, ValueError, LookupError, AttributeError)
"""What ccxt raises of an answer that it makes nothing of."""


def said(error: BaseException) -> str:
    """What is wrong in one line: the exchange's own words, where its answer holds some."""
    text = str(error)
    words = _words(text[text.find("{") :]) if isinstance(error, ccxt.BaseError) else ""
    return f"{type(error).__name__}: {words}" if words else faults.reason(error)


def _words(text: str) -> str:
    """The message in an answer of JSON; "" where there is none."""
    try:
        told = json.loads(text)
        inner = (told.get("data") or [{}])[0]  # OKX has one for each order
        found = [inner.get("sMsg"), told.get("msg"), told.get("retMsg"), *(told.get("error") or [])]
    except UNREADABLE:
        return ""
    return next((each for each in found if isinstance(each, str) and each), "")


def fate(error: BaseException) -> Fate:
    """Only what the exchange said of the order itself counts: whatever else went wrong, it may have been taken."""
    if isinstance(error, ccxt.DuplicateOrderId):
        return Fate.UNKNOWN  # it has one of that name
    if isinstance(error, LIMITED) or type(error) is ccxt.InvalidNonce:
        return Fate.PUT_OFF
    if isinstance(error, REFUSALS):
        return Fate.REFUSED
    return Fate.DOUBTFUL if type(error) is ccxt.ExchangeError else Fate.UNKNOWN
