"""A bot with accounts at exchanges: what it buys and sells, and that a stop at any moment loses nothing."""

import asyncio
from decimal import Decimal

import pytest

from bot.app import wiring
from bot.app.killswitch import KillSwitch
from bot.model.events import BlockSeen, Command, Marked
from bot.model.orders import Ordered, OrderEnded, OrderFilled, Pulled, Purpose, Side
from bot.model.times import MINUTE
from bot.records.journal import Journal
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault
from bot.sandbox.wire.orders import State

from .trading import WIDE, kept, market, seen, settings, trading


def standing(exchanges, venue="kraken"):
    """Orders that rest there."""
    return [each for each in exchanges.orders(venue) if each.state is State.OPEN]


async def test_a_fallen_coin_is_bought_and_sold_back(tmp_path):
    """It ends with no coin, more dollars, and the same account as the exchange."""
    async with market("kraken") as exchanges, trading(exchanges, settings(tmp_path, exchanges.url, "kraken")) as work:
        await work.fall()
        await work.quiet()
        assert work.held()["USDC"] > 0
        await work.rise()

        assert work.agrees()
        assert exchanges.balance("kraken").keys() == {"USD"}
        assert exchanges.balance("kraken")["USD"] > 101_000


async def test_what_there_was_in_the_morning_is_known_to_the_next_bot(tmp_path):
    """It is in the journal once, before anything is ordered, and a start has it before the first look."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken")
        async with trading(exchanges, told) as work:
            await work.fall()
            await work.quiet()
        (mark,) = [each for each in kept(told) if isinstance(each, Marked)]
        async with trading(exchanges, told) as work:
            known = work.bot.state.desk.worth

    assert mark.morning == mark.peak == 100_000
    assert (known.day, known.morning, known.peak) == (mark.day, mark.morning, mark.peak)


async def test_an_order_is_in_the_journal_before_it_arrives(tmp_path):
    """Whatever reaches an exchange can be found again after a kill in the next instant."""
    async with market("kraken") as exchanges:
        told, written = settings(tmp_path, exchanges.url, "kraken"), list[int]()
        account = exchanges.account("kraken")
        account.before_order = lambda: written.append(sum(isinstance(each, Ordered) for each in kept(told)))
        async with trading(exchanges, told) as work:
            await work.fall()
            await work.quiet()
            await work.rise()

    assert written == list(range(1, len(written) + 1))
    assert len(written) >= 2


async def test_a_stop_in_between_changes_nothing(tmp_path):
    """Bought by one bot, sold by the next, which knows of it from the journal alone."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken")
        async with trading(exchanges, told) as work:
            await work.fall()
            await work.quiet()
            before = work.account.trades
        async with trading(exchanges, told) as work:
            assert work.account.trades == before
            await work.rise()

            assert work.agrees()
            assert exchanges.balance("kraken").keys() == {"USD"}


async def test_what_was_filled_while_nobody_listened_is_found_at_the_start(tmp_path):
    """An order that rests outlives the bot; its fill is in the books before anything is decided."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken")
        async with trading(exchanges, told) as work:
            await work.fall(spread=WIDE)
            await work.until(lambda: standing(exchanges))
        (waiting,) = standing(exchanges)
        exchanges.quote("kraken", "USDC", "USD", 0.88, 0.89, 1.0, 500.0)
        filled = exchanges.orders("kraken")[0].filled
        assert 0 < filled < waiting.asked.amount
        async with trading(exchanges, told) as work:
            assert sum((trade.bought for trade in work.account.trades.values()), Decimal()) == filled
            work.ahead = MINUTE
            await work.rise()

            await work.until(lambda: work.agrees() and not work.account.orders)


@pytest.mark.parametrize("wait", [0.0, 0.002, 0.01, 0.05])
async def test_a_stop_while_orders_are_on_their_way_is_made_good(tmp_path, wait):
    """Cancelled at any moment after it was decided: afterwards the books are what the exchange has."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken")
        exchanges.fault("kraken", Fault.SLOW, 0.02)
        async with trading(exchanges, told) as work:
            await work.fall()
            await asyncio.sleep(wait)
        exchanges.mend("kraken")
        async with trading(exchanges, told) as work:
            await work.until(lambda: work.account.ready("kraken") is None and not work.account.orders)
            assert work.agrees()
            work.ahead = MINUTE  # an order that found nobody is waited after
            await work.fall()
            await work.rise()

            await work.until(work.agrees)
    assert len({each.fill_id for each in kept(told) if isinstance(each, OrderFilled)}) == len(exchanges.fills("kraken"))


async def test_a_halt_pulls_what_would_begin_something(tmp_path):
    """It rests at the exchange no more, and nothing new is begun over a restart; resumed, it is."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken")
        switch = KillSwitch(told.folder / "HALT")
        async with trading(exchanges, told) as work:
            await work.fall(spread=WIDE)
            await work.until(lambda: standing(exchanges))
            switch.pull("by hand")
            await work.until(lambda: not standing(exchanges))
            placed = len(exchanges.orders("kraken"))
        async with trading(exchanges, told) as work:
            assert work.bot.state.standing.halted == "by hand"
            for _ in range(5):
                await work.look(0.9)
            assert len(exchanges.orders("kraken")) == placed
            switch.resume([told.journal(live=True).stem])
            await work.fall()

            assert work.bot.state.standing.halted is None


async def test_halted_it_may_still_leave(tmp_path):
    """What is held is sold when its peg is back, whatever stops the rest."""
    async with market("kraken") as exchanges, trading(exchanges, settings(tmp_path, exchanges.url, "kraken")) as work:
        await work.fall()
        await work.quiet()
        work.bot.switch.pull("by hand")
        await work.rise()

        assert work.bot.state.standing.halted
        assert exchanges.balance("kraken").keys() == {"USD"}


async def test_resumed_while_it_was_down_it_goes_on_at_the_start(tmp_path):
    """The journal remembers the halt, and the word beside it that it is over."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken")
        switch = KillSwitch(told.folder / "HALT")
        switch.pull("by hand")
        async with trading(exchanges, told) as work:
            assert work.bot.state.standing.halted
        switch.resume([told.journal(live=True).stem])
        async with trading(exchanges, told) as work:
            assert work.bot.state.standing.halted is None
        switch.file.touch()
        switch.file.unlink()
        async with trading(exchanges, told) as work:
            assert work.bot.state.standing.halted is None


async def test_a_halt_file_removed_by_hand_is_no_resumption(tmp_path):
    """Only the word, or --clear-halt, lets it trade again."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken")
        switch = KillSwitch(told.folder / "HALT")
        switch.pull("by hand")
        async with trading(exchanges, told):
            pass
        switch.clear()
        async with trading(exchanges, told) as work:
            assert work.bot.state.standing.halted == "by hand"


async def test_silence_is_enough_to_see_the_halt(tmp_path):
    """No quote comes and no block: it stops all the same."""
    async with market("kraken") as exchanges, trading(exchanges, settings(tmp_path, exchanges.url, "kraken")) as work:
        work.bot.switch.pull("by hand")
        await work.until(lambda: work.bot.state.standing.halted)


async def test_killed_between_the_halt_and_its_cancellations_they_are_sent_at_the_start(tmp_path):
    """The journal ends with the command: whatever rests at the exchange is taken back all the same."""
    async with market("kraken") as exchanges:
        told = settings(tmp_path, exchanges.url, "kraken")
        async with trading(exchanges, told) as work:
            await work.fall(spread=WIDE)
            await work.until(
                lambda: standing(exchanges) and all(each.exchange_id for each in work.account.orders.values())
            )
        journal = Journal.open(told.journal(live=True))
        journal.append(Command(1, 1, "kill", "by hand"))
        journal.close()
        async with trading(exchanges, told) as work:
            await work.until(lambda: not standing(exchanges) and not work.account.orders)

            assert work.agrees()
    assert any(isinstance(each, Pulled) for each in kept(told))


async def test_a_slow_exchange_delays_nobody(tmp_path):
    """Orders to two exchanges are on their way at once; looks and blocks are answered meanwhile."""
    async with (
        market("kraken", "okx") as exchanges,
        trading(exchanges, settings(tmp_path, exchanges.url, "kraken", "okx")) as work,
    ):
        for venue in exchanges.venues:
            exchanges.fault(venue, Fault.SLOW, 0.5)
        await work.fall()
        underway = len(work.bot.errands)
        await work.bot.on_look(seen(0.8995, 0.9005))
        await work.bot.on_block(BlockSeen(1, 1, 1, "0x", "0x", 1, 0, 0, (), ()))

        assert {each.ticket.market.venue for each in work.account.orders.values()} == {"kraken", "okx"}
        assert len(work.bot.errands) == underway == 1 + len(exchanges.venues)  # and what is said unasked
        await work.quiet()
        assert work.agrees("kraken")
        assert work.agrees("okx")


async def test_orders_that_nobody_took_are_no_position(tmp_path):
    """The book has gone when the order comes: it ends unfilled, and the dollars are free again."""
    async with market("kraken") as exchanges, trading(exchanges, settings(tmp_path, exchanges.url, "kraken")) as work:
        await work.fall(0.95, shown=0.9)
        await work.quiet()
        ends = [each for each in work.heard if isinstance(each, OrderEnded)]

        assert ends
        assert all(end.filled == 0 for end in ends)
        assert work.account.free("kraken", "USD") == exchanges.balance("kraken")["USD"]


async def test_what_is_bought_is_never_more_than_is_sold(tmp_path):
    """Every exit sells what the books hold, and no order is of a coin nobody has."""
    async with market("kraken") as exchanges, trading(exchanges, settings(tmp_path, exchanges.url, "kraken")) as work:
        await work.fall()
        await work.quiet()
        await work.rise()
        tickets = [each.ticket for each in work.heard if isinstance(each, Ordered)]
    bought = sum(each.amount for each in tickets if each.side is Side.BUY)
    sold = sum(each.amount for each in tickets if each.purpose is Purpose.EXIT)

    assert bought == sold


async def test_it_trades_on_what_the_exchanges_say_themselves(tmp_path):
    """From a book that falls, through its feed, to an order there, and back again."""
    venues = ("kraken", "okx", "coinbase")
    async with Exchanges(venues, markets=dict.fromkeys(venues, "USDC/USD")) as exchanges:
        exchanges.fund("kraken", "USD", 100_000)
        told = settings(tmp_path, exchanges.url, "kraken")
        async with wiring.listening(told) as feeds, trading(exchanges, told) as work:

            async def listen():
                async for look in feeds.looks():
                    await work.looks.put(look)

            async def stand(price, done):
                for number in range(200):
                    if done():
                        return
                    for venue in venues:
                        low = round(price + number % 2 * 1e-4, 4)
                        exchanges.quote(venue, "USDC", "USD", low, round(low + 1e-3, 4), 2e5, 2e5)
                    await asyncio.sleep(0.03)
                raise AssertionError(f"{work.bot.state.values} {work.bot.state.desk}")

            listening = asyncio.create_task(listen())
            await stand(1.0, lambda: len(work.bot.state.book.latest) == len(venues))
            await stand(0.9, lambda: work.account.trades and not work.account.orders)
            await stand(0.999, lambda: not work.account.trades)
            listening.cancel()

            assert work.agrees()
            assert exchanges.balance("kraken")["USD"] > 100_000
