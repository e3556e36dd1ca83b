"""Every wire format there is, by ccxt's id of the exchange."""

from collections.abc import Container, Mapping

from bot.sandbox.wire.binance import Binance
from bot.sandbox.wire.binance_private import BinanceDesk
from bot.sandbox.wire.binanceusdm import BinanceUsdm
from bot.sandbox.wire.binanceusdm_private import BinanceUsdmDesk
from bot.sandbox.wire.bingx import BingX
from bot.sandbox.wire.bitfinex import Bitfinex
from bot.sandbox.wire.bitget import Bitget
from bot.sandbox.wire.bithumb import Bithumb
from bot.sandbox.wire.bitstamp import Bitstamp
from bot.sandbox.wire.bitvavo import Bitvavo
from bot.sandbox.wire.bybit import Bybit
from bot.sandbox.wire.bybit_private import BybitDesk
from bot.sandbox.wire.coinbase import Coinbase
from bot.sandbox.wire.coinbase_private import CoinbaseDesk
from bot.sandbox.wire.cryptocom import CryptoCom
from bot.sandbox.wire.desk import Desk
from bot.sandbox.wire.gate import Gate
from bot.sandbox.wire.gemini import Gemini
from bot.sandbox.wire.hashkey import HashKey
from bot.sandbox.wire.htx import Htx
from bot.sandbox.wire.kraken import Kraken
from bot.sandbox.wire.kraken_private import KrakenDesk
from bot.sandbox.wire.kucoin import Kucoin
from bot.sandbox.wire.lbank import LBank
from bot.sandbox.wire.mexc import Mexc
from bot.sandbox.wire.okx import Okx
from bot.sandbox.wire.okx_private import OkxDesk
from bot.sandbox.wire.phemex import Phemex
from bot.sandbox.wire.upbit import Upbit
from bot.sandbox.wire.whitebit import WhiteBit
from bot.sandbox.wire.wire import Wire
from bot.sandbox.wire.xt import Xt

_SPOT: tuple[Wire, ...] = (
    Binance(),
    Kraken(),
    Coinbase(),
    Okx(),
    Bybit(),
    Gate(),
    Kucoin(),
    Bitget(),
    Mexc(),
    CryptoCom(),
    Bitvavo(),
    Htx(),
    Bitstamp(),
    Gemini(),
    Bitfinex(),
    WhiteBit(),
    Upbit(),
    Phemex(),
    HashKey(),
    BingX(),
    LBank(),
    Xt(),
    Bithumb(),
)
WIRES: Mapping[str, Wire] = {wire.venue: wire for wire in _SPOT}
"""Where coins are traded: those that are played unless others are named."""
FUTURES: Mapping[str, Wire] = {wire.venue: wire for wire in (BinanceUsdm(),)}
"""Where perpetual futures are."""
ALL: Mapping[str, Wire] = {**FUTURES, **WIRES}
DESKS: Mapping[str, Desk] = {
    "binance": BinanceDesk(),
    "kraken": KrakenDesk(),
    "okx": OkxDesk(),
    "bybit": BybitDesk(),
    "coinbase": CoinbaseDesk(),
}
FUTURES_DESKS: Mapping[str, Desk] = {"binanceusdm": BinanceUsdmDesk()}
ALL_DESKS: Mapping[str, Desk] = {**DESKS, **FUTURES_DESKS}


def at(host: str, played: Container[str] = ALL) -> Wire | None:
    """The wire of those `played` that answers at a host, with or without a port; None where none does."""
    name = host.partition(":")[0]
    wires = (wire for venue, wire in ALL.items() if venue in played)
    return next((wire for wire in wires if any(_within(name, each) for each in wire.hosts)), None)


def _within(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")
