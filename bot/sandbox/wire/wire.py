"""The border between an exchange and its own wire format. One file an exchange, each with a `Wire`.

A wire translates and keeps nothing: what stands is the `Exchange`'s, what a client has been told the `Subscription`'s.
It says what ccxt's class of that exchange reads, in the exchange's own words, and leaves out what ccxt passes over.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Protocol

import orjson

from bot.sandbox.wire.book import Book, Levels, Listing
from bot.sandbox.wire.exchange import Exchange

Json = Any
MINUTE = 60_000  # ms
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Refusal(Enum):
    """Why a request is not answered."""

    RATE_LIMITED = auto()
    UNAVAILABLE = auto()
    MAINTENANCE = auto()
    UNKNOWN_MARKET = auto()
    UNKNOWN_PATH = auto()
    BAD_REQUEST = auto()


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks over HTTP. `path` begins after the host, with a slash; `sent` is its form or JSON body."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What it gets: JSON, or text as it is."""

    body: Json
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


REFUSALS: dict[Refusal, Answer] = {
    Refusal.RATE_LIMITED: Answer({"message": "Too many requests"}, 429, {"Retry-After": "1"}),
    Refusal.UNAVAILABLE: Answer("<html><body>503 Service Temporarily Unavailable</body></html>", 503),
    Refusal.MAINTENANCE: Answer("<html><body>503 Under maintenance</body></html>", 503),
    Refusal.UNKNOWN_MARKET: Answer({"message": "unknown market"}, 400),
    Refusal.UNKNOWN_PATH: Answer({"message": "not found"}, 404),
    Refusal.BAD_REQUEST: Answer({"message": "bad request"}, 400),
}


UNCLEAR = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What reading a request or a message raises that makes no sense: it is refused as a bad one."""


class RefusedError(Exception):
    """Raised by a wire that cannot answer; the client is told in the exchange's words."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.name)
        self.why = why


@dataclass(slots=True, eq=False)
class Subscription:
    """A stream of one market on one socket. `topic` is what the exchange calls it, unique on the socket."""

    topic: str
    listing: Listing
    line: "Line"
    told: Book  # what the client knows, once it has been told
    depth: int = 0  # levels a side; 0 is all
    opened: bool = False  # whether it has begun, see Fault.STALL
    lost: bool = False  # whether the last update was kept from it, see Fault.GAP

    def seen(self, levels: Levels) -> Levels:
        """As much of one side as the stream shows."""
        return levels[: self.depth] if self.depth else levels


class Line(Protocol):
    """One client's socket, as a wire sees it."""

    path: str  # what was asked for when it was opened, from the host on, query and all
    exchange: Exchange

    def say(self, message: Json) -> None:
        """Sends a message: JSON, text as it is, or bytes as a binary frame."""
        ...

    def subscribe(self, topic: str, listing: Listing, depth: int = 0) -> None:
        """Begins a stream: what `Wire.opening` says at once, then every change."""
        ...

    def unsubscribe(self, topic: str) -> None:
        """Ends a stream."""
        ...

    def count(self) -> int:
        """0, 1, 2, ...: numbers of this socket's own."""
        ...

    def topics(self) -> list[str]:
        """The streams that run, in the order in which they began."""
        ...


class Wire(Protocol):
    """One exchange's REST and websocket formats."""

    venue: str  # ccxt's id
    hosts: tuple[str, ...]  # domains; their subdomains count
    listed: tuple[Listing, ...]  # the markets it has unless told otherwise
    refusals: Mapping[Refusal, Answer] = REFUSALS

    def answer(self, request: Request, exchange: Exchange) -> Answer:
        """The answer to a request. Raises RefusedError."""
        ...

    def greeting(self) -> Iterable[Json]:
        """What the exchange says when a socket opens: most say nothing."""
        return ()

    def dialled(self, line: Line) -> None:  # noqa: ARG002 - for those whose URLs say more than where
        """Begins the streams that the URL of a socket asks for: most ask for none."""
        return

    def hear(self, message: Json, line: Line) -> None:
        """Acts on a client's message: JSON where it is some, else text. Raises RefusedError."""
        ...

    def opening(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What a stream begins with."""
        ...

    def update(self, subscription: Subscription, book: Book) -> Iterable[Json]:
        """What a stream says when the book is no longer the one `subscription.told`."""
        ...


def find(exchange: Exchange, name: str, naming: Callable[[Listing], str]) -> Listing:
    """The market that the exchange calls so. Raises RefusedError where it has none."""
    for listing in exchange.listings:
        if naming(listing) == name:
            return listing
    raise RefusedError(Refusal.UNKNOWN_MARKET)


def exact(number: str) -> orjson.Fragment:
    """A number in JSON with exactly these digits."""
    return orjson.Fragment(number)


def pairs(levels: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Levels as most exchanges write them: [["1.0001", "5.0"], ...]."""
    return [list(level) for level in levels]


def iso(at: int) -> str:
    """A time in ns UTC as exchanges write it, to the microsecond: 2023-03-11T07:15:00.000000Z."""
    return datetime.fromtimestamp(at // 1_000 / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
