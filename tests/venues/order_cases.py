"""What goes wrong between us and an exchange, case by case. Each leaves the desk with every order over."""

import asyncio
from decimal import Decimal

from bot.model.orders import OrderEnded, OrderFilled, OrderRefused, Side, Style, VenueSeen, WaysSeen
from bot.sandbox.exchange_faults import Fault

from .order_kills import KILLS, RESTS, come_down, restart


async def answer_lost(desk, venue):
    """The order is taken and filled, and the connection closes instead of an answer."""
    desk.exchanges.fault(venue, Fault.ANSWER_LOST, times=1)
    made = await desk.place(venue)
    await desk.done(made)
    assert desk.final(made).filled == 100


async def answer_lost_then_outage(desk, venue):
    """Nobody can be asked what became of it: nothing new is sent until somebody can."""
    desk.exchanges.fault(venue, Fault.ANSWER_LOST, 0.1, times=1)
    placing = asyncio.create_task(desk.place(venue))
    await desk.until(lambda: desk.exchanges.orders(venue))
    desk.exchanges.fault(venue, Fault.UNAVAILABLE)
    made = await placing
    assert not desk.ready(venue)
    second = await desk.place(venue)
    assert "no new orders" in desk.final(second).reason
    desk.exchanges.mend(venue)
    await desk.done(made)
    assert len(desk.exchanges.orders(venue)) == 1


async def answer_garbled(desk, venue):
    """The order is taken, and nobody can read the answer."""
    desk.exchanges.fault(venue, Fault.GARBAGE)
    placing = asyncio.create_task(desk.place(venue))
    await desk.until(lambda: desk.exchanges.orders(venue))
    await asyncio.sleep(0.05)
    desk.exchanges.mend(venue)
    made = await placing
    await desk.done(made)
    assert desk.final(made).filled == 100


async def fill_told_twice(desk, venue):
    """The socket repeats each fill."""
    desk.exchanges.fault(venue, Fault.FILL_TWICE)
    takes, rests = await desk.place(venue), await desk.place(venue, **RESTS)
    come_down(desk, venue)
    await desk.done(takes, rests)
    await asyncio.sleep(0.05)
    assert len(desk.of(rests, OrderFilled)) == 1


async def fill_after_cancel(desk, venue):
    """Half of it is filled ahead of the cancellation, and told after it."""
    desk.exchanges.fault(venue, Fault.FILL_LATE)
    made = await desk.place(venue, **RESTS)
    await desk.pull(made)
    await desk.done(made)
    await asyncio.sleep(0.1)
    assert desk.final(made).filled == 50


async def cancel_finds_it_filled(desk, venue):
    """It was filled before the cancellation came."""
    made = await desk.place(venue, **RESTS)
    desk.exchanges.fault(venue, Fault.PRIVATE_SILENT)
    come_down(desk, venue)
    await desk.pull(made)
    await desk.done(made)
    assert desk.final(made).filled == 100


async def cancel_answer_lost(desk, venue):
    """The cancellation is taken, and the connection closes instead of an answer."""
    made = await desk.place(venue, **RESTS)
    desk.exchanges.fault(venue, Fault.CANCEL_LOST, times=1)
    await desk.pull(made)
    await desk.done(made)
    assert desk.final(made).filled == 0


async def outage_during_replace(desk, venue):
    """The old order is cancelled, and the exchange is away: the new one is refused, or sent once it is back."""
    old = await desk.place(venue, **RESTS)
    desk.exchanges.fault(venue, Fault.OUTAGE_AFTER_CANCEL)
    await desk.pull(old)
    new = await desk.place(venue, **RESTS)
    assert isinstance(desk.final(new), OrderRefused)
    assert len(desk.exchanges.orders(venue)) == 1
    desk.exchanges.mend(venue)
    await desk.until(lambda: desk.ready(venue))
    again = await desk.place(venue, **RESTS)
    come_down(desk, venue)
    await desk.done(old, new, again)


async def socket_silent(desk, venue):
    """Nothing is pushed: what became of orders is asked for."""
    desk.exchanges.fault(venue, Fault.PRIVATE_SILENT)
    takes, rests = await desk.place(venue), await desk.place(venue, **RESTS)
    come_down(desk, venue)
    await desk.done(takes, rests)
    assert desk.ready(venue)


async def socket_dropped(desk, venue):
    """The socket breaks, and breaks again as soon as it is there: what it would have told is asked for."""
    rests = await desk.place(venue, **RESTS)
    desk.exchanges.fault(venue, Fault.DROP)
    come_down(desk, venue)
    await desk.done(rests)
    desk.exchanges.mend(venue)


async def socket_stalled(desk, venue):
    """The socket lives and says nothing at all, from before the order was sent."""
    desk.exchanges.fault(venue, Fault.STALL)
    await socket_silent(desk, venue)


async def everything_is_slow(desk, venue):
    """Each answer and each push comes late."""
    desk.exchanges.fault(venue, Fault.SLOW, 0.1)
    takes, rests = await asyncio.gather(desk.place(venue), desk.place(venue, **RESTS))
    come_down(desk, venue)
    await desk.pull(rests)
    await desk.done(takes, rests)
    desk.exchanges.mend(venue)


async def answer_later_than_we_wait(desk, venue):
    """The order is filled, nothing is pushed, and we have hung up before the answer comes."""
    desk.exchanges.fault(venue, Fault.PRIVATE_SILENT)
    desk.exchanges.fault(venue, Fault.ANSWER_LOST, desk.patience.request + 0.1, times=1)
    made = await desk.place(venue)
    await desk.done(made)
    assert desk.final(made).filled == 100


async def clock_wrong(desk, venue):
    """The exchange's clock is half a minute ahead. What it refuses until ours is set by it is placed anew."""
    desk.exchanges.fault(venue, Fault.SKEW, 30.0)
    first = await desk.place(venue)
    await desk.until(lambda: desk.complete(first) and desk.ready(venue))
    for _ in range(3):
        takes, rests = await desk.place(venue), await desk.place(venue, **RESTS)
        await desk.pull(rests)
        await desk.done(takes, rests)
        if not isinstance(desk.final(takes), OrderRefused):
            break
        await desk.until(lambda: desk.ready(venue))
    assert desk.final(takes).filled == 100


async def everything_limited(desk, venue):
    """429 to whatever is asked, while an order rests and is filled."""
    rests = await desk.place(venue, **RESTS)
    desk.exchanges.fault(venue, Fault.RATE_LIMITED)
    refused = await desk.place(venue)
    await desk.pull(rests)
    come_down(desk, venue)
    desk.exchanges.mend(venue)
    await desk.done(refused, rests)


async def rate_limited(desk, venue):
    """Too many orders, twice: the same is sent again, and is there once."""
    desk.exchanges.fault(venue, Fault.ORDERS_LIMITED, times=2)
    made = await desk.place(venue)
    await desk.done(made)
    assert desk.final(made).filled == 100


async def rate_limited_for_good(desk, venue):
    """Too many orders, whenever it is asked: refused, and nothing stands."""
    desk.exchanges.fault(venue, Fault.ORDERS_LIMITED)
    made = await desk.place(venue)
    assert isinstance(desk.final(made), OrderRefused)
    desk.exchanges.mend(venue)


async def rejected(desk, venue):
    """The exchange does not want it."""
    desk.exchanges.fault(venue, Fault.ORDERS_REFUSED, times=1)
    made = await desk.place(venue)
    assert isinstance(desk.final(made), OrderRefused)
    assert desk.ready(venue)


async def without_funds(desk, venue):
    """It is for more than there is."""
    made = await desk.place(venue, amount="10000000", side=Side.SELL, style=Style.REST, limit="1.01")
    assert isinstance(desk.final(made), OrderRefused)


async def exchange_away(desk, venue):
    """Everything is 503 for a while, an order rests meanwhile, and the market comes to it."""
    rests = await desk.place(venue, **RESTS)
    desk.exchanges.fault(venue, Fault.UNAVAILABLE)
    await desk.until(lambda: not desk.ready(venue))
    come_down(desk, venue)
    desk.exchanges.mend(venue)
    await desk.done(rests)


async def several_at_once(desk, venue):
    """Ten orders of both sides at once, three answers lost."""
    desk.exchanges.fault(venue, Fault.ANSWER_LOST, times=3)
    sides = [{"side": side, "limit": limit} for side, limit in ((Side.BUY, "1.01"), (Side.SELL, "0.99"))]
    made = await asyncio.gather(*(desk.place(venue, amount=str(10 + n), **sides[n % 2]) for n in range(10)))
    await desk.done(*made)
    sent = len(desk.exchanges.orders(venue))
    assert sent == sum(isinstance(desk.final(each), OrderEnded) for each in made)


CASES = {
    case.__name__.replace("_", " "): case
    for case in (
        answer_lost,
        answer_lost_then_outage,
        answer_garbled,
        fill_told_twice,
        fill_after_cancel,
        cancel_finds_it_filled,
        cancel_answer_lost,
        outage_during_replace,
        socket_silent,
        socket_stalled,
        socket_dropped,
        everything_is_slow,
        answer_later_than_we_wait,
        clock_wrong,
        everything_limited,
        rate_limited,
        rate_limited_for_good,
        rejected,
        without_funds,
        exchange_away,
        *KILLS,
        several_at_once,
    )
}


async def reckoning(desk, venue):
    """What holds whatever happened: one final report each, one order each, equal books; a restart adds nothing."""
    await desk.until(lambda: desk.ready(venue))
    tickets = [each.ticket for each in desk.journal if each.kind == "ordered"]
    await desk.done(*tickets)
    orders = desk.exchanges.orders(venue)
    names = [each.asked.client_id for each in orders]
    assert len(names) == len(set(names)), "an order was sent twice"
    assert not desk.exchanges.account(venue).open()
    ended = {each.id for each in tickets if isinstance(desk.final(each), OrderEnded)}
    assert not tickets or ended == set(names), "an order that was told to be refused stood, or the other way round"
    if tickets:
        assert desk.agrees(venue), (desk.books(venue), desk.held(venue))
    written = len(desk.journal)
    await restart(desk)
    told = [each for each in desk.journal[written:] if not isinstance(each, WaysSeen)]
    assert all(isinstance(each, VenueSeen) and each.ready for each in told)
    assert dict(desk.seen(venue).balances) == desk.held(venue)
    return outcome(desk, tickets)


def outcome(desk, tickets):
    """In a few words."""
    finals = [desk.final(each) for each in tickets]
    refused = sum(isinstance(each, OrderRefused) for each in finals)
    filled = sum((each.filled for each in finals if isinstance(each, OrderEnded)), Decimal())
    fills = sum(isinstance(each, OrderFilled) for each in desk.journal)
    return f"{len(finals)} orders, {refused} refused, {fills} fills of {filled:f}"
