"""ccxt.pro's client of one exchange, with an ear at its sockets.

ccxt answers a `watch_...` with the next message of any of its symbols, and what comes between two calls is only in its
caches. So each stream is asked for once, and the ear hears everything ccxt makes of the messages, and every fault.
"""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from typing import Any, Protocol

import ccxt.pro
import certifi
from yarl import URL

from bot.venues.dialects import DIALECTS
from bot.venues.order_pace import Bucket

Exchange = Any  # ccxt's classes tell mypy nothing


class HungUpError(Exception):
    """The exchange closed the socket."""

    def __init__(self, code: object) -> None:
        super().__init__(f"closed by the exchange, code {code}")


class Ear(Protocol):
    """Whoever listens. Nothing here may raise."""

    def message(self) -> None:
        """A message arrived."""
        ...

    def told(self, result: object) -> None:
        """What ccxt made of it: a ticker, an order book, or something of no interest."""
        ...

    def fault(self, error: BaseException) -> None:
        """A socket broke, a message could not be read, or a subscription failed."""
        ...


def connect(venue: str, ear: Ear, *, through: str | None, timeout: float) -> Exchange:
    """The class of ccxt for `venue`, to be closed by the caller. `timeout`: seconds a request may take."""
    exchange = unheard(venue, through=through, timeout=timeout)
    exchange.client = _listening(exchange.client, ear, through)
    return exchange


def unheard(venue: str, *, through: str | None, timeout: float) -> Exchange:
    """The same for requests only, of any exchange that ccxt knows."""
    options = dict(DIALECTS[venue].options) if venue in DIALECTS else {}
    exchange = getattr(ccxt.pro if venue in ccxt.pro.exchanges else ccxt.async_support, venue)(
        {"timeout": int(timeout * 1000), "options": options}
    )
    exchange.has["fetchCurrencies"] = False  # deposits and withdrawals are no business of a feed
    exchange.ssl_context = _trust()
    if through is not None:
        exchange.urls["api"] = _rerouted(exchange.urls["api"], through)
    return exchange


def private(
    venue: str,
    ear: Ear,
    keys: Mapping[str, str],
    options: Mapping[str, Any],
    *,
    through: str | None,
    timeout: float,
    pace: float,
    burst: float,
    rising: bool,
) -> Exchange:
    """The same as `connect` with our keys, for orders. Every number it tells is a string of the venue's own digits.

    `options` go over ccxt's; `pace` multiplies its waits between requests, of which as many as cost `burst` may come
    at once; 0: as many as otherwise in a second. `rising`: the exchange wants numbers that rise, else the time.
    """
    exchange = connect(venue, ear, through=through, timeout=timeout)
    for name, key in keys.items():
        setattr(exchange, name, key)
    exchange.options = exchange.deep_extend(exchange.options, options)
    exchange.number = str
    exchange.on_json_response = _digits
    exchange.client = _reading_digits(exchange.client)
    if rising:
        exchange.nonce, exchange.fetch = _rising(exchange.nonce), _in_turn(exchange.fetch)
    rate = 1000 / (exchange.rateLimit * pace)  # of ccxt's costs, a second
    exchange.throttle = Bucket(rate, burst or rate).take
    return exchange


def is_gate(url: str) -> bool:
    """Whether exchanges can be found behind it."""
    try:
        gate = URL(url)
    except ValueError:
        return False
    return gate.scheme in ("http", "https") and bool(gate.host) and not gate.query_string


def reroute(url: str, through: str) -> str:
    """The same resource behind `through`, the host it belongs to as the first part of the path."""
    target, gate = URL(url), URL(through)
    if target.host is None or target.scheme not in ("http", "https", "ws", "wss") or target.host == gate.host:
        return url
    secure = gate.scheme in ("https", "wss")
    plain = "ws" if target.scheme in ("ws", "wss") else "http"
    rest = url.split("://", 1)[1]
    return f"{plain}{'s' if secure else ''}://{gate.raw_authority}{gate.raw_path.rstrip('/')}/{rest}"


def _rerouted(urls: object, through: str) -> object:
    match urls:
        case str():
            return reroute(urls, through)
        case Mapping():
            return {key: _rerouted(url, through) for key, url in urls.items()}
        case list():
            return [_rerouted(url, through) for url in urls]
        case _:
            return urls


def _listening(dial: Callable[[str], Any], ear: Ear, through: str | None) -> Callable[[str], Any]:
    """Instead of `Exchange.client`: the same clients, heard."""

    def client(url: str) -> Any:  # noqa: ANN401 - ccxt's Client
        made = dial(url if through is None else reroute(url, through))
        if made.on_message_callback.__name__ != "heard":
            _tap(made, ear)
        return made

    return client


def _tap(client: Any, ear: Ear) -> None:  # noqa: ANN401 - ccxt's Client
    """Lets `ear` hear one socket. What a message breaks would end ccxt's receiving without a word: it is a fault."""
    read, handle = client.handle_message, client.on_message_callback
    resolve, reject = client.resolve, client.reject
    failed, closed = client.on_error_callback, client.on_close_callback

    def guarded(message: object) -> None:
        try:
            read(message)
        except Exception as error:  # noqa: BLE001 - whatever a message can bring about
            ear.fault(error)

    def heard(client: object, message: object) -> None:
        ear.message()
        handle(client, message)

    def resolved(result: object, message_hash: str) -> object:
        ear.told(result)
        return resolve(result, message_hash)

    def rejected(error: BaseException, message_hash: str | None = None) -> object:
        ear.fault(error)
        return reject(error, message_hash)

    def broken(client: object, error: BaseException) -> None:
        failed(client, error)
        ear.fault(error)

    def hung_up(client: object, code: object) -> None:
        closed(client, code)
        ear.fault(HungUpError(code))

    client.handle_message, client.on_message_callback = guarded, heard
    client.resolve, client.reject = resolved, rejected
    client.on_error_callback, client.on_close_callback = broken, hung_up


_digits = partial(json.loads, parse_float=str)
"""JSON whose fractions are strings: a float would round them."""


def _reading_digits(dial: Callable[[str], Any]) -> Callable[[str], Any]:
    """Clients that read messages the same way."""

    def client(url: str) -> Any:  # noqa: ANN401 - ccxt's Client
        made = dial(url)
        made.handle_text_or_binary_message = partial(_read, made)
        return made

    return client


def _read(client: Any, data: str | bytes) -> None:  # noqa: ANN401 - ccxt's Client
    text = data.decode() if isinstance(data, bytes) else data
    client.on_message_callback(client, _digits(text) if text[:1] in ("{", "[") else text)


def _in_turn(fetch: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """One signed request at a time, in the order of their signing: their numbers must not overtake each other."""
    turn = asyncio.Lock()

    async def fetching(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:  # noqa: ANN401 - ccxt's
        if headers is None:
            return await fetch(url, method, headers, body)  # it is not signed and has no number
        async with turn:
            return await fetch(url, method, headers, body)

    return fetching


def _rising(nonce: Callable[[], float]) -> Callable[[], int]:
    """Numbers that only rise, also twice in a millisecond and when the clock is set back."""
    last = 0

    def rising() -> int:
        nonlocal last
        last = max(last + 1, int(nonce()))
        return last

    return rising


@cache
def _trust() -> ssl.SSLContext:
    """One for all exchanges: reading the certificates takes longer than all else."""
    return ssl.create_default_context(cafile=certifi.where())
