"""Every wire format there is, by ccxt's id of the exchange."""

from collections.abc import Mapping

from bot.sandbox.wire.binance import Binance
from bot.sandbox.wire.bybit import Bybit
from bot.sandbox.wire.coinbase import Coinbase
from bot.sandbox.wire.gate import Gate
from bot.sandbox.wire.kraken import Kraken
from bot.sandbox.wire.kucoin import Kucoin
from bot.sandbox.wire.okx import Okx
from bot.sandbox.wire.wire import Wire

_ALL: tuple[Wire, ...] = (
    Binance(),
    Kraken(),
    Coinbase(),
    Okx(),
    Bybit(),
    Gate(),
    Kucoin(),
)
WIRES: Mapping[str, Wire] = {wire.venue: wire for wire in _ALL}


def at(host: str) -> Wire | None:
    """The wire that answers at a host, with or without a port; None where none does."""
    name = host.partition(":")[0]
    return next((wire for wire in WIRES.values() if any(_within(name, each) for each in wire.hosts)), None)


def _within(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")
