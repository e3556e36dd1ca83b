"""Short positions in perpetual futures: ccxt's own class at the sandbox's Binance USD-M."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.model import account
from bot.model.account import Account
from bot.model.markets import Market
from bot.model.orders import COVER, FundingPaid, Ordered, OrderEnded, OrderFilled, OrderRefused, Side, Style, VenueSeen
from bot.sandbox.exchange import Exchanges
from bot.sandbox.wire import binanceusdm, binanceusdm_account
from bot.sandbox.wire.wire import Answer, Refusal, RefusedError
from bot.venues.perpetuals import LEVERAGE

from .feeding import watching
from .order_floor import HURRY, Floor, ticket

VENUE = "binanceusdm"
SHORT = "USDC-PERP"
FUTURE, OTHER = Market(VENUE, SHORT, "USDT"), Market(VENUE, "USDE-PERP", "USDT")
FUNDS = Decimal(1_000)


@asynccontextmanager
async def futures(start=True, bid=0.95, ask=0.951):
    """A trader with a thousand USDT, and a market for USDC's perpetual."""
    async with Exchanges((VENUE,), markets={VENUE: "USDC-PERP/USDT USDE-PERP/USDT"}) as exchanges:
        exchanges.fund(VENUE, "USDT", FUNDS)
        exchanges.quote(VENUE, SHORT, "USDT", bid, ask, 5_000.0, 5_000.0)
        desk = Floor(exchanges, patience=replace(HURRY, rates=0.1))
        try:
            if start:
                await desk.start()
            yield desk
        finally:
            await desk.stop()


async def sold(desk, amount="100", limit="0.95", **more):
    """An order to sell short."""
    return await desk.place(VENUE, side=Side.SELL, amount=amount, limit=limit, **more)


async def bought(desk, amount="100", limit="0.951", **more):
    """An order to buy back."""
    return await desk.place(VENUE, side=Side.BUY, amount=amount, limit=limit, **more)


def posted(desk, until=None):
    """The books, from the first that was told of the account on, without what it told later."""
    books, seen = Account(), 0
    for event in desk.journal[:until]:
        seen += isinstance(event, VenueSeen)
        if not isinstance(event, VenueSeen) or seen == 1:
            books = account.post(books, event)
    return books


def balances(books):
    return {asset: held for (_, asset), held in books.balances.items() if held}


async def test_what_was_sold_short_and_bought_back_is_in_the_books_to_the_last_unit():
    """A short opened, filled in part, bought back in two: the fold of fills is what the exchange tells each time."""
    async with futures() as desk:
        deeds = (sold, "100", "0.9499"), (sold, "900", "0.9493"), (bought, "37", "0.951"), (bought, "500", "0.952")
        for order, amount, limit in deeds:
            desk.exchanges.quote(VENUE, SHORT, "USDT", 0.9499, 0.951, 333.0, 333.0)
            await desk.done(await order(desk, amount, limit))
            told = desk.held(VENUE)
            assert balances(posted(desk)) == told
            await desk.until(lambda told=told: dict(desk.seen(VENUE).balances) == told)
        assert desk.held(VENUE)[SHORT] < 0


async def test_nobody_buys_more_than_was_sold_short():
    """What is bought ends where the short does; where there is none the exchange refuses."""
    async with futures() as desk:
        await desk.done(await sold(desk))
        back = await bought(desk, "250")
        await desk.done(back)
        assert desk.final(back).filled == 100
        assert SHORT not in desk.held(VENUE)
        again = await bought(desk)
        assert isinstance(desk.final(again), OrderRefused)
        assert "ReduceOnly" in desk.final(again).reason


async def test_what_is_left_of_a_short_is_bought_back_however_little_it_costs():
    """The least that an order must cost holds for sales only."""
    async with futures() as desk:
        await desk.done(await sold(desk))
        await desk.done(await bought(desk, "98"))
        few = await bought(desk, "2")
        await desk.done(few)
        assert desk.final(few).filled == 2
        assert "below the least" in desk.final(await sold(desk, "2")).reason


async def test_an_order_that_makes_does_so_or_is_refused():
    """Post only is GTX at futures."""
    async with futures() as desk:
        takes = await sold(desk, style=Style.MAKE, limit="0.94")
        rests = await sold(desk, style=Style.MAKE, limit="0.96")
        assert isinstance(desk.final(takes), OrderRefused)
        desk.exchanges.quote(VENUE, SHORT, "USDT", 0.96, 0.961, 5_000.0, 5_000.0)
        await desk.done(rests)
        assert [each.price for each in desk.of(rests, OrderFilled)] == [Decimal("0.96")]
        assert balances(posted(desk)) == desk.held(VENUE)


async def test_funding_is_told_once_a_run_and_counts_once():
    """Each payment is an event with the exchange's number, and after a restart the books still count it once."""
    async with futures() as desk:
        desk.exchanges.funding(VENUE, SHORT, "0.0003")
        made = await sold(desk)
        await desk.done(made)
        for many in (1, 2):
            desk.exchanges.settle_funding(VENUE)
            await desk.until(lambda many=many: len(payments(desk)) == many)
        assert all(each.amount > 0 and (each.perpetual, each.asset) == (SHORT, "USDT") for each in payments(desk))
        assert balances(posted(desk)) == desk.held(VENUE)

        await desk.stop()
        desk.exchanges.funding(VENUE, SHORT, "-0.001")
        desk.exchanges.settle_funding(VENUE)
        await desk.start()
        await desk.until(lambda: len(payments(desk)) == 5)
        assert len({each.payment_id for each in payments(desk)}) == 3
        assert payments(desk)[-1].amount < 0
        books = posted(desk)
        assert balances(books) == desk.held(VENUE) == dict(desk.seen(VENUE).balances)
        paid = {each.payment_id: each.amount for each in payments(desk)}
        assert books.trades[made.trade].carry_usd == pytest.approx(float(sum(paid.values())))


def payments(desk):
    return [each for each in desk.journal if isinstance(each, FundingPaid)]


async def test_terms_tell_what_a_day_costs_as_it_is_now():
    """Nothing is tradable before the rate is known; then carry follows it, and the fees are our own."""
    async with futures(start=False) as desk:
        desk.exchanges.funding(VENUE, SHORT, "-0.0002")
        await desk.start()
        terms = desk.trader.terms(FUTURE)
        assert terms.carry == pytest.approx(0.0006)
        assert (terms.taker, terms.maker) == (Decimal("0.0005"), Decimal("0.0002"))
        desk.exchanges.funding(VENUE, SHORT, "0.0001")
        await desk.until(lambda: desk.trader.terms(FUTURE).carry == pytest.approx(-0.0003))
        assert desk.trader.terms(OTHER) is None


async def test_while_nobody_tells_the_rate_nothing_is_begun_and_what_was_is_closed(monkeypatch):
    """The account is ready, its markets have no terms, and what was sold before is bought back all the same."""
    async with futures() as desk:
        await desk.done(await sold(desk))
        await desk.stop()
        monkeypatch.setattr(binanceusdm, "_premium", _refused)
        await desk.start()
        assert desk.ready(VENUE)
        assert desk.trader.terms(FUTURE) is None
        back = await bought(desk)
        await desk.done(back)
        assert desk.final(back).filled == 100


def _refused(*_):
    raise RefusedError(Refusal.UNKNOWN_PATH)


async def test_an_account_in_hedge_mode_is_refused_in_one_line_until_it_is_not(monkeypatch):
    """There buying would not close what was sold."""
    settings = binanceusdm_account._settings
    async with futures(start=False) as desk:
        with monkeypatch.context() as patch:
            patch.setattr(binanceusdm_account, "_settings", lambda *_: Answer({"dualSidePosition": True}))
            await desk.start()
            assert not desk.ready(VENUE)
            assert desk.seen(VENUE).reason == "binanceusdm is in hedge mode: set the position mode to one-way there"
            assert isinstance(desk.final(await sold(desk)), OrderRefused)
        assert binanceusdm_account._settings is settings
        await desk.until(lambda: desk.ready(VENUE))


async def test_an_order_binds_what_the_books_keep_back_and_no_more():
    """Leverage is set before the first order: then all that the books allow is taken, at any price up to a dollar."""
    async with futures(bid=0.999, ask=1.0) as desk:
        listing = desk.exchanges.listings(VENUE)[0]
        assert desk.exchanges.account(VENUE).leverage[listing] == LEVERAGE
        most = int(FUNDS / (COVER - Decimal("0.999")))
        made = await sold(desk, str(most), "0.999")
        await desk.done(made)
        assert desk.final(made).filled == most


async def test_without_its_leverage_nothing_is_sold_and_everything_bought_back(monkeypatch):
    """A market whose leverage the exchange will not set takes no risk on."""
    async with futures() as desk:
        await desk.done(await sold(desk))
        await desk.stop()
        monkeypatch.setattr(binanceusdm_account, "MOST_LEVERAGE", 1)
        await desk.start()
        more, back = await sold(desk), await bought(desk)
        await desk.done(back)
        assert "its margin cannot be set" in desk.final(more).reason
        assert desk.final(back).filled == 100


async def test_a_restart_finds_the_short_and_orders_of_coins_that_nobody_watches_any_more():
    """A position is told whoever opened it; an order that stood is heard of to its end."""
    async with futures(start=False) as desk:
        desk.exchanges.quote(VENUE, "USDE-PERP", "USDT", 0.97, 0.98, 5_000.0, 5_000.0)
        await desk.start(watched=("USDC", "USDE"))
        await desk.done(await sold(desk))
        rests = replace(ticket(VENUE, 900, Side.SELL, "50", "0.98", Style.REST), coin="USDE", market=OTHER)
        desk.journal.append(Ordered(1, desk.now(), rests))
        desk.journal += await desk.trader.place(rests)
        await desk.stop()
        await desk.start(watched=("USDC",))
        assert desk.ready(VENUE)
        assert desk.trader.terms(OTHER) is None
        desk.exchanges.quote(VENUE, "USDE-PERP", "USDT", 0.99, 1.0, 5_000.0, 5_000.0)
        await desk.done(rests)
        await desk.until(lambda: desk.seen(VENUE).balances and dict(desk.seen(VENUE).balances) == desk.held(VENUE))
        assert (desk.held(VENUE)[SHORT], desk.held(VENUE)["USDE-PERP"]) == (-100, -50)


async def test_what_the_exchange_closes_by_itself_is_seen():
    """A liquidation is no order of ours: the balances that are read again tell it."""
    async with futures() as desk:
        await desk.done(await sold(desk, "3000", "0.94"))
        await desk.until(lambda: SHORT in dict(desk.seen(VENUE).balances))
        desk.exchanges.quote(VENUE, SHORT, "USDT", 1.29, 1.3, 5_000.0, 5_000.0)
        await desk.until(lambda: SHORT not in dict(desk.seen(VENUE).balances))
        assert dict(desk.seen(VENUE).balances) == desk.held(VENUE)


async def test_contracts_of_several_coins_are_counted_in_coins():
    """Of a market that counts by tens a hundred coins are ten, and steps and positions are coins."""
    async with futures() as desk:
        exchange = desk.trader._accounts[VENUE]._exchange
        step = desk.trader.terms(FUTURE).amount_step
        exchange.markets["USDC/USDT:USDT"]["contractSize"] = 10.0
        assert desk.trader.terms(FUTURE).amount_step == 10 * step
        made = await sold(desk, "101.234567")
        await desk.done(made)
        assert desk.exchanges.orders(VENUE)[0].asked.amount == Decimal("10.12")
        assert [each.amount for each in desk.of(made, OrderFilled)] == [Decimal("101.2")]
        assert desk.of(made, OrderEnded)[0].filled == Decimal("101.2")
        await desk.until(lambda: dict(desk.seen(VENUE).balances).get(SHORT) == Decimal("-101.2"))


async def test_sizes_of_quotes_are_coins_also_where_contracts_are_of_several(monkeypatch):
    """A bid for a hundred contracts of ten coins is one for a thousand."""
    terms = binanceusdm._terms
    monkeypatch.setattr(binanceusdm, "_terms", lambda each: terms(each) | {"contractSize": 10})
    async with watching(VENUE, markets={VENUE: "USDC-PERP/USDT"}, moving=False) as watch:
        while not watch.quotes:
            watch.exchanges.quote(VENUE, SHORT, "USDT", 0.95, 0.951, 100.0, 200.0)
            await asyncio.sleep(0.02)
        assert [(each.bid_size, each.ask_size) for each in watch.quotes.values()] == [(1_000.0, 2_000.0)]
