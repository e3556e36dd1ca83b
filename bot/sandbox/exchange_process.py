"""The sandbox's exchanges and their traders in a process of their own: python -m bot.sandbox.exchange --help."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bot.model.errors import UserError
from bot.model.markets import Asset
from bot.sandbox.errors import SandboxError
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import told
from bot.sandbox.exchange_market import Astray, Scenario, at_speed, drive

RATE = 200.0  # changes a second
SPEED = 640.0  # the weekend in six minutes


@dataclass(frozen=True, slots=True)
class Play:
    """What is played. `venues` None is all there are; `faults` as bot.sandbox.exchange_faults.told reads them."""

    venues: tuple[str, ...] | None = None
    port: int = 0
    rate: float = RATE
    speed: float = SPEED
    seed: int = 0
    faults: tuple[str, ...] = ()
    astray: Astray | None = None
    funds: tuple[str, ...] = ()  # what accounts hold at the beginning, as `funds_like` reads them


async def play(what: Play, say_url: Callable[[str], None], seconds: float | None = None) -> None:
    """Opens the exchanges, says where they are, and moves them for `seconds` or until cancelled."""
    faults = [told(text) for text in what.faults]
    funds = [funds_like(text) for text in what.funds]
    async with Exchanges(what.venues, port=what.port) as exchanges:
        for venue, fault, amount in faults:
            exchanges.fault(venue, fault, amount)
        for venue, asset, held in funds:
            exchanges.fund(venue, asset, held)
        if what.astray is not None:  # refused where there is no such market
            exchanges.quote(what.astray.venue, what.astray.base, what.astray.quote, None, None)
        say_url(exchanges.url)
        scenario = Scenario(what.seed, what.astray)
        await drive(exchanges, scenario, rate=what.rate, progress=at_speed(what.speed), seconds=seconds)


def astray_like(text: str) -> Astray:
    """A market that goes wrong, as people write it: "gate:USDC/USDT". Raises SandboxError."""
    venue, _, pair = text.partition(":")
    base, _, quote = pair.partition("/")
    if not (venue and base and quote):
        raise SandboxError(f"market {text!r} is not like gate:USDC/USDT")
    return Astray(venue, base, quote)


def funds_like(text: str) -> tuple[str, Asset, Decimal]:
    """What an account holds of an asset, as people write it: "kraken=USD:1000". Raises SandboxError."""
    venue, _, rest = text.partition("=")
    asset, _, amount = rest.partition(":")
    with suppress(InvalidOperation):
        held = Decimal(amount)
        if held.is_finite():
            return venue, asset, held
    raise SandboxError(f"funds {text!r} are not like kraken=USD:1000")


def main() -> None:
    """Plays until interrupted. The first line on stdout is the URL."""
    asked = _asked()
    venues = tuple(asked.venue) if asked.venue else None
    try:
        astray = astray_like(asked.astray) if asked.astray else None
        what = Play(
            venues, asked.port, asked.rate, asked.speed, asked.seed, tuple(asked.fault), astray, tuple(asked.fund)
        )
        with suppress(KeyboardInterrupt):
            asyncio.run(play(what, _print, asked.seconds))
    except UserError as error:
        sys.exit(f"repeg: {error}")


def _print(url: str) -> None:
    sys.stdout.write(url + "\n")
    sys.stdout.flush()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.exchange", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on loopback, 0 for a free one")
    parser.add_argument("--venue", action="append", help="an exchange to play; all if none is named")
    parser.add_argument("--rate", type=float, default=RATE, help="changes a second, over all markets")
    parser.add_argument("--speed", type=float, default=SPEED, help="how fast the weekend passes; 1 as it did")
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same prices")
    parser.add_argument("--fault", action="append", default=[], help="like okx=stall or okx=slow:3")
    parser.add_argument("--fund", action="append", default=[], help="what an account holds, like kraken=USD:1000")
    parser.add_argument("--astray", help="a market that prints 0.51 for a while, like gate:USDC/USDT")
    parser.add_argument("--seconds", type=float, help="end after so long")
    return parser.parse_args()
