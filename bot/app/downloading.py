"""Price history from an exchange onto the shelf, from where it was left."""

from collections.abc import Callable
from dataclasses import dataclass

import stamina.instrumentation

from bot.app import screen
from bot.model.coins import Coins
from bot.model.errors import UserError
from bot.model.markets import Market
from bot.model.times import iso, moment, timeframe
from bot.records.candle_checks import EARLIEST, NS
from bot.records.series import Series, Span
from bot.records.shelf import Added, Holding, Shelf
from bot.venues import faults, history

FIRST = EARLIEST * NS  # ns; before it nothing was traded


@dataclass(frozen=True, slots=True)
class Order:
    """Which bars are wanted."""

    series: Series
    span: Span  # its ends on the timeframe's grid


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of it."""

    order: Order
    bars: int  # that are new
    questions: int  # the exchange was asked
    holding: Holding  # of the wanted span, as it is on the shelf now
    faults: tuple[str, ...]


def ordered(exchange: str, pair: str, length: str, since: str, until: str | None, now: int, coins: Coins) -> Order:
    """The order of a command's words; `UserError` says which of them is wrong. `now` in ns UTC.

    Bars that have not ended by `now` are not wanted: they would change.
    """
    nanoseconds = length_of(length)
    first = -(-_moment("--since", since) // nanoseconds) * nanoseconds
    last = min(_moment("--until", until) if until else now, now) // nanoseconds * nanoseconds
    if first < FIRST:
        raise UserError(f"--since {since} is before {iso(FIRST)}: nothing was traded then")
    if first >= last:
        end = f"--until {until}" if until else "now"
        raise UserError(f"no {length} bar begins from --since {since} on and ends before {end} ({iso(now)} now)")
    return Order(Series(_market(exchange, pair, coins), nanoseconds), Span(first, last))


def length_of(name: str) -> int:
    """How long bars of that name are, ns; `UserError` where none are called so."""
    length = timeframe(name)
    if length is None:
        raise UserError(f"--timeframe {name} is no timeframe; they are like 1m, 15m, 1h and divide a day")
    return length


async def download(
    order: Order,
    shelf: Shelf,
    coins: Coins,
    *,
    through: str | None,
    again: bool,
    advance: Callable[[float], None],
) -> Delivery:
    """Ask for what is wanted and not on the shelf; each page is there for good before the next is asked for.

    `again`: ask for all of it. `UserError` when the exchange has no such history or cannot be asked; what came until
    then is kept, and the same order goes on from there.
    """
    whose, (since, until) = order.series, order.span
    wanted = [order.span] if again else shelf.wanted(whose, order.span)
    taken = list[Added]()
    async with history.opened(whose.market, whose.timeframe, coins, through=through) as source:
        async for page in source.pages(wanted):
            taken.append(shelf.append(page.candles))
            shelf.settle(whose, Span(page.since, page.until))
            advance((page.until - since) / (until - since))
    told = tuple(fault for each in taken for fault in each.faults)
    return Delivery(order, sum(each.bars for each in taken), len(taken), shelf.look(whose, order.span), told)


def tell_of_retries() -> None:
    """Whoever waits hears why."""

    def tell(details: stamina.instrumentation.RetryDetails) -> None:
        screen.say(f"{faults.reason(details.caused_by)}: again in {details.wait_for:.0f} s")

    stamina.instrumentation.set_on_retry_hooks([tell])


def _moment(flag: str, text: str) -> int:
    try:
        return moment(text)
    except ValueError:
        raise UserError(f"{flag} {text} is no time: write 2023-03-11 or 2023-03-11T07:15:00Z") from None


def _market(exchange: str, pair: str, coins: Coins) -> Market:
    base, _, quote = pair.replace("-", "/").partition("/")
    if not base or not quote or "/" in quote:
        raise UserError(f"{pair} is no pair: write BASE/QUOTE, as USDC/USDT")
    assets = []
    for name in (base, quote):
        asset = coins.asset(name)
        if asset is None:
            raise UserError(coins.stranger(name))
        assets.append(asset)
    return Market(exchange, *assets)
