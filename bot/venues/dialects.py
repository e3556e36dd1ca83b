"""What must be known of each exchange besides ccxt: the lightest stream of best bid, ask and sizes, and its bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from bot.model.markets import Market

SPOT_ONLY = {"fetchMarkets": {"types": ["spot"]}}  # no time is lost on futures and options


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to watch one exchange through ccxt.pro."""

    method: str  # of ccxt's class
    together: int = 0  # symbols in one call; 0: the method takes one symbol
    most: int = 0  # streams its one socket carries; 0: as many as we like
    limit: int | None = None  # levels asked for, where the method takes a limit
    replaces: bool = False  # each subscription ends those before it, so that it must name all markets
    options: Mapping[str, Any] = field(default_factory=dict)  # ccxt's, over its own

    def carried(self, markets: Mapping[str, Market]) -> dict[str, Market]:
        """As many of the markets as one socket carries, the first ones."""
        return dict(islice(markets.items(), self.most or None))

    def calls(self, symbols: Sequence[str]) -> list[tuple[Any, ...]]:
        """The arguments of each call that watches some of `symbols`, in order."""
        bounds: tuple[Any, ...] = () if self.limit is None else (self.limit,)
        if self.replaces:
            bounds = (self.limit, {"codes": ["-".join(reversed(symbol.split("/"))) for symbol in symbols]})
        if not self.together:
            return [(symbol, *bounds) for symbol in symbols]
        return [(list(symbols[k : k + self.together]), *bounds) for k in range(0, len(symbols), self.together)]


def _touch(together: int = 100, **more: Any) -> Dialect:  # noqa: ANN401 - the fields of Dialect
    return Dialect("watch_bids_asks", together, **more)


def _ticker(**more: Any) -> Dialect:  # noqa: ANN401 - likewise
    return Dialect("watch_ticker", **more)


def _book(**more: Any) -> Dialect:  # noqa: ANN401 - likewise
    return Dialect("watch_order_book", **more)


DIALECTS: Mapping[str, Dialect] = {
    "binance": _touch(options={**SPOT_ONLY, "fetchMargins": False, "defaultType": "spot"}),
    "bybit": _touch(10, options=SPOT_ONLY),  # takes 10 topics in one request
    "okx": _touch(options=SPOT_ONLY),
    "bitget": _touch(50, options=SPOT_ONLY),
    "gate": _touch(options=SPOT_ONLY),
    "mexc": _touch(30, most=30, options={"fetchMarkets": {"types": {"spot": True, "swap": False}}}),
    "kucoin": _touch(options={"fetchMarkets": {"types": ["spot"], "fetchTickersFees": False}}),
    "cryptocom": _touch(),
    "kraken": _touch(),
    "bitvavo": _touch(),
    "coinbase": Dialect("watch_order_book_for_symbols", 20),  # its ticker speaks only when somebody trades
    "upbit": _book(),
    "htx": _ticker(
        options={
            "fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": False}},
            "watchTicker": {"name": "market.{marketId}.bbo"},
        }
    ),
    "bingx": _ticker(),
    "bitfinex": _ticker(most=25),
    "lbank": _book(limit=10),
    "xt": _book(),
    "whitebit": _book(limit=5),
    "bithumb": _book(replaces=True),
    "hashkey": _book(),
    "phemex": _book(),
    "bitstamp": _book(),
    "gemini": _touch(),
    "binanceusdm": _touch(),
}
"""By ccxt's id. Sources: ccxt.pro's classes, and the exchanges' own pages on limits of subscriptions."""

PERPETUALS: frozenset[str] = frozenset({"binanceusdm"})
"""Exchanges whose markets are perpetual futures of coins, not the coins."""
