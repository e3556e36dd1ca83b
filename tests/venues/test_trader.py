"""Orders of real ccxt classes at the sandbox's exchanges."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.model.errors import UserError
from bot.model.markets import Market
from bot.model.orders import OrderEnded, OrderFilled, OrderOpened, OrderRefused, Side, Style, Terms, WaysSeen
from bot.model.ways import Way
from bot.sandbox.exchange_faults import Fault
from bot.sandbox.wire.exchange import Transit
from bot.venues.trader import Trader

from .order_floor import COINS, HURRY, PAIR, START, VENUES, floor, keys, ticket

RESTS = {"style": Style.REST, "limit": "0.99"}
everywhere = pytest.mark.parametrize("venue", VENUES)


@everywhere
async def test_an_order_that_takes_is_filled_to_the_last_digit(venue):
    """That it opened, was filled and ended is told once each, and the books equal the exchange's."""
    async with floor(venue) as desk:
        assert dict(desk.seen(venue).balances) == START[venue]
        made = await desk.place(venue, amount="100", limit="1.01")
        await desk.done(made)
        assert [type(each) for each in desk.of(made)] == [OrderOpened, OrderFilled, OrderEnded]
        assert desk.final(made).filled == Decimal(100)
        assert desk.agrees(venue)
        await desk.until(lambda: desk.seen(venue).balances and dict(desk.seen(venue).balances) == desk.books(venue))


@everywhere
async def test_a_sweep_of_many_levels_is_told_fill_by_fill(venue):
    """Every level that was taken is a fill of its own, and none of them is missing."""
    async with floor(venue) as desk:
        asks = desk.exchanges.book_of(venue, *PAIR[venue]).asks
        made = await desk.place(venue, amount=str(sum(Decimal(each.size) for each in asks)), limit="1.05")
        await desk.done(made)
        assert len(desk.of(made, OrderFilled)) == len(asks) == 5
        assert desk.agrees(venue)


@everywhere
async def test_what_takes_and_finds_too_little_ends_with_what_it_found(venue):
    """The remainder is cancelled by the exchange, and the end says how much was filled."""
    async with floor(venue) as desk:
        made = await desk.place(venue, amount="6000", limit="1.0011", side=Side.BUY)
        await desk.done(made)
        assert desk.final(made).filled == 5_000
        assert desk.agrees(venue)


@everywhere
async def test_what_makes_never_takes(venue):
    """Post only: refused or ended without a fill where it would take, else it rests until it is pulled."""
    async with floor(venue) as desk:
        takes = await desk.place(venue, style=Style.MAKE, limit="1.01")
        rests = await desk.place(venue, style=Style.MAKE, limit="0.99")
        await desk.done(takes)
        assert not desk.of(takes, OrderFilled)
        assert not desk.final(rests)
        await desk.pull(rests)
        await desk.done(rests)
        assert desk.final(rests).filled == 0
        assert desk.ready(venue)


@everywhere
async def test_orders_go_out_on_the_markets_steps(venue):
    """The amount is rounded down, and the limit never to a worse price."""
    async with floor(venue) as desk:
        terms = desk.trader.terms(Market(venue, *PAIR[venue]))
        buys = await desk.place(venue, amount="10.123456789", limit="0.9876543219", style=Style.REST)
        sells = await desk.place(venue, side=Side.SELL, amount="10.123456789", limit="1.0123456781", style=Style.REST)
        first, second = (each.asked for each in desk.exchanges.orders(venue))
        assert first.limit <= Decimal("0.9876543219") < first.limit + terms.price_step
        assert second.limit - terms.price_step < Decimal("1.0123456781") <= second.limit
        assert first.amount == second.amount <= Decimal("10.123456789") < first.amount + terms.amount_step
        for each in (buys, sells):
            await desk.pull(each)


@everywhere
async def test_what_is_below_the_least_is_refused_before_it_is_sent(venue):
    """The reason says how little it was, and the exchange never heard of it."""
    async with floor(venue) as desk:
        made = await desk.place(venue, amount="0.000001")
        assert isinstance(desk.final(made), OrderRefused)
        assert "below the least" in desk.final(made).reason
        assert not desk.exchanges.orders(venue)


@everywhere
async def test_terms_are_the_exchanges_and_the_fees_our_own(venue):
    """Steps and minimums as it lists them; fees as it tells them for us, once it was asked."""
    async with floor(venue, start=False) as desk:
        desk.exchanges.fees(venue, taker="0.0007", maker="0.0003")
        await desk.start()
        market = Market(venue, *PAIR[venue])
        await desk.until(lambda: desk.trader.terms(market).taker == Decimal("0.0007"))
        terms = desk.trader.terms(market)
        assert terms.maker == Decimal("0.0003")
        steps = terms.price_step, terms.amount_step, terms.min_amount, terms.min_cost
        assert terms == Terms(terms.taker, terms.maker, *steps, carry=terms.carry)
        assert 0 < terms.price_step < Decimal("0.01")
        assert 0 < terms.amount_step <= 1
        assert desk.trader.terms(Market(venue, "DAI", "EUR")) is None


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
async def test_transfers_are_told_by_network(venue):
    """Whether a coin goes in and out, and what going out costs."""
    async with floor(venue) as desk:
        desk.exchanges.transit(venue, "USDC", Transit(deposits=True, withdrawals=False, fee=Decimal("1.5")))
        networks = (await desk.trader.transfers(venue))["USDC"]
        assert set(networks.values()) == {Way(deposit=True, withdraw=False, fee=Decimal("1.5"))}


@pytest.mark.parametrize("comes", [True, False])
@pytest.mark.parametrize("goes", [True, False])
async def test_kraken_tells_no_networks_but_whether_a_coin_goes(comes, goes):
    """By a word that ccxt passes on unread."""
    async with floor("kraken") as desk:
        desk.exchanges.transit("kraken", "USDC", Transit(deposits=comes, withdrawals=goes))
        assert (await desk.trader.transfers("kraken"))["USDC"] == {"": Way(comes, goes, None)}


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
async def test_ways_are_told_when_they_change_and_only_then(venue):
    """Once at first, and again as soon as a coin goes out no more; an exchange that does not answer changes nothing."""
    async with floor(venue, patience=replace(HURRY, ways=0.1)) as desk:
        shut = Way(deposit=True, withdraw=False, fee=Decimal("1.5"))

        def told():
            return [each for each in desk.journal if isinstance(each, WaysSeen)]

        assert len(told()) == 1
        assert all(way.withdraw for asset, _, way in told()[0].ways if asset == "USDC")
        desk.exchanges.transit(venue, "USDC", Transit(deposits=True, withdrawals=False, fee=Decimal("1.5")))
        await desk.until(lambda: len(told()) == 2)
        assert {way for asset, _, way in told()[1].ways if asset == "USDC"} == {shut}
        desk.exchanges.fault(venue, Fault.MAINTENANCE)
        await asyncio.sleep(0.5)
        assert len(told()) == 2


async def test_one_bad_exchange_disturbs_no_other():
    """While one is away the others trade, and it says why it takes nothing."""
    async with floor(*VENUES) as desk:
        desk.exchanges.fault("kraken", Fault.MAINTENANCE)
        await desk.until(lambda: not desk.ready("kraken"))
        others = [each for each in VENUES if each != "kraken"]
        made = await asyncio.gather(*(desk.place(venue) for venue in others))
        refused = await desk.place("kraken")
        await desk.done(*made)
        assert all(desk.ready(venue) and desk.agrees(venue) for venue in others)
        assert "no new orders to kraken" in desk.final(refused).reason
        assert [(each.venue, each.ready) for each in desk.trader.health()] == [(v, v != "kraken") for v in VENUES]
        assert desk.trader.health()[0].last_error


@everywhere
async def test_an_exchange_that_is_away_at_the_start_comes_in_later(venue):
    """Not ready with a reason, and ready with what is held once it answers."""
    async with floor(venue, start=False) as desk:
        desk.exchanges.fault(venue, Fault.UNAVAILABLE)
        await desk.start()
        assert not desk.ready(venue)
        assert desk.seen(venue).reason
        desk.exchanges.mend(venue)
        await desk.until(lambda: desk.ready(venue))
        made = await desk.place(venue)
        await desk.done(made)
        assert desk.agrees(venue)


@everywhere
async def test_a_key_that_is_not_good_is_said_and_not_shown(venue):
    """The venue is not ready, and what is told of it has no key in it."""
    async with floor(venue, start=False) as desk:
        bad = keys(venue, "bad")
        async with Trader([bad], COINS, ("USDC",), desk.exchanges.url, patience=HURRY) as trader:
            *_, seen = await trader.start([])
            told = f"{seen} {trader.health()} {trader!r}"
        assert not seen.ready
        assert seen.reason
        assert bad.scrub(told) == told


async def test_an_order_that_was_known_once_is_never_sent_again():
    """The same ticket placed twice is one order."""
    async with floor("okx") as desk:
        made = await desk.place("okx", **RESTS)
        assert await desk.trader.place(made) == []
        assert len(desk.exchanges.orders("okx")) == 1
        await desk.pull(made)


async def test_ids_that_the_exchange_would_not_take_are_refused_here():
    """Kraken takes eighteen characters."""
    async with floor("kraken") as desk:
        made = replace(ticket("kraken", 1), id="rp" + "0" * 17)
        (told,) = await desk.trader.place(made)
        assert isinstance(told, OrderRefused)
        assert not desk.exchanges.orders("kraken")


async def test_pulling_what_is_over_or_unknown_is_no_error():
    """Nothing is told of it."""
    async with floor("bybit") as desk:
        made = await desk.place("bybit")
        await desk.done(made)
        assert await desk.trader.pull(made.id, "late") == []
        assert await desk.trader.pull("rpnobody", "lost") == []


async def test_venues_without_keys_or_without_a_dialect_are_named():
    """An order for a venue without keys is refused; a venue where orders cannot be sent is bad input."""
    async with floor("okx", "bybit", start=False) as desk:
        await desk.start("okx")
        made = await desk.place("bybit")
        assert "no keys for bybit" in desk.final(made).reason
    with pytest.raises(UserError, match="orders cannot be sent to mtgox"):
        Trader([keys("mtgox")], COINS, ("USDC",))


@everywhere
async def test_many_that_rest_are_asked_for_together(venue):
    """Nothing is pushed: what was filled in part, and what was filled, is found among those where nothing happened."""
    async with floor(venue) as desk:
        desk.exchanges.fault(venue, Fault.PRIVATE_SILENT)
        low = [await desk.place(venue, style=Style.REST, limit="0.9") for _ in range(5)]
        full = await desk.place(venue, style=Style.REST, limit="0.991", amount="20")
        part = await desk.place(venue, style=Style.REST, limit="0.99", amount="40")
        desk.exchanges.book(venue, *PAIR[venue], [], [("0.99", "50.0")])
        await desk.until(lambda: desk.complete(full) and desk.of(part, OrderFilled))
        assert [each.amount for each in desk.of(part, OrderFilled)] == [30]
        assert not any(desk.final(each) for each in (*low, part))
        await asyncio.gather(*(desk.pull(each) for each in (*low, part)))
        await desk.done(*low, part)
        assert desk.agrees(venue)


@everywhere
async def test_what_arrives_after_it_was_given_up_is_cancelled_and_its_fills_are_told(venue):
    """A request that was on its way for longer than anybody could expect: a stranger, with one end all the same."""
    async with floor(venue) as desk:
        made = desk.order(venue, **RESTS)
        await desk.stop()
        await desk.start()
        await desk.until(lambda: desk.final(made))
        await desk.exchanges.attended(venue)
        async with Trader([keys(venue)], COINS, ("USDC",), desk.exchanges.url, prefix="xx", patience=HURRY) as late:
            await late.start([])
            asks = desk.exchanges.book_of(venue, *PAIR[venue]).asks
            desk.exchanges.book(venue, *PAIR[venue], [], [("0.9", "30.0")])
            await late.place(made)
            desk.exchanges.book(venue, *PAIR[venue], [], asks)
        await desk.until(lambda: not desk.exchanges.account(venue).open() and desk.ready(venue))
        await desk.until(lambda: desk.agrees(venue))
        assert desk.final(made).reason == "never arrived"
        assert sum(each.amount for each in desk.of(made, OrderFilled)) == 30


async def test_orders_of_others_are_left_alone():
    """Only what has our prefix is ours to cancel."""
    async with floor("okx", start=False) as desk:
        other = Trader([keys("okx")], COINS, ("USDC", "USDT"), desk.exchanges.url, prefix="xx", patience=HURRY)
        async with other:
            await other.start([])
            await other.place(replace(ticket("okx", 1, **RESTS), id="xx1"))
        await desk.start()
        assert len(desk.exchanges.account("okx").open()) == 1
        assert desk.seen("okx").reason == ""
