"""Exchanges that talk as much as they are told, in a process of their own.

    python tests/benchmarks/crowd.py MESSAGES_A_SECOND

Every exchange the sandbox plays, a dozen coins at each, so many messages a second in all, evenly. The first line of
stdout is where they answer. The size of each bid tells when it was set: see `stamp`.
"""

import asyncio
import itertools
import os
import sys
import time

import uvloop

from bot.sandbox.exchange import Exchanges
from bot.sandbox.wire.wires import WIRES

COINS = ("USDC", "DAI", "TUSD", "FDUSD", "PYUSD", "USDE", "USD1", "RLUSD", "USDP", "GUSD", "BTC", "ETH")
MARKETS = " ".join(f"{coin}/USDT" for coin in COINS)
WORTH = {"BTC": 20_000.0, "ETH": 1_600.0}
TURN = 0.002  # seconds between bursts
WRAP = 10**9  # microseconds until stamps repeat


def stamp(now: int) -> float:
    """A size that tells the time `now`, ns, to the microsecond: exchanges write sizes with two digits or more."""
    return (now // 1000 % WRAP + 1) / 100


def since(size: float, now: int) -> float:
    """Ms from the moment that `size` tells to `now`, ns."""
    return ((now // 1000 - (round(size * 100) - 1)) % WRAP) / 1000


async def talk(exchanges: Exchanges, rate: float) -> None:
    """Moves one market after the other; each move is one message to each that listens."""
    order = [(venue, each) for each in exchanges.listings(exchanges.venues[0]) for venue in exchanges.venues]
    markets = itertools.cycle(order)
    began, told = time.monotonic(), 0
    parent = os.getppid()
    while os.getppid() == parent:  # it ends with whoever started it
        while told < (time.monotonic() - began) * rate:
            venue, each = next(markets)
            worth = WORTH.get(each.base, 1.0)
            away = 0.0005 + 0.0001 * (told // len(order) % 9)
            bid, ask = worth * (1 - away), worth * (1 + away)
            exchanges.quote(venue, each.base, each.quote, bid, ask, stamp(time.time_ns()), 5_000.0)
            told += 1
        await asyncio.sleep(TURN)


async def main(rate: float) -> None:
    """Opens, says where, and talks."""
    async with Exchanges(WIRES, markets=dict.fromkeys(WIRES, MARKETS)) as exchanges:
        print(exchanges.url, flush=True)
        await talk(exchanges, rate)


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1])))
