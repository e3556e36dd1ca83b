"""ccxt's own classes place, fill, cancel, list and watch orders at the exchanges of the sandbox."""

from decimal import Decimal

import ccxt
import pytest
from exchange_clients import soon, trading

from bot.sandbox.wire.orders import State
from bot.sandbox.wire.wires import DESKS

ENDS = {"canceled", "expired", "closed"}  # what ccxt calls an order that found less than it wanted
DUPLICATE = {"kraken": ccxt.ExchangeError}  # for which ccxt has no name
TAKES = {"kraken": ccxt.ExchangeError, "coinbase": ccxt.ExchangeError, "binance": ccxt.OrderImmediatelyFillable}
NAMES = {"bybit": "orderLinkId"}  # what ccxt calls a client order id that is to be cancelled
GONE = {"coinbase": ccxt.BadRequest}  # what ccxt makes of a cancellation of what is not there
NEVER = GONE | {"kraken": ccxt.InvalidOrder}  # or of what never was
IDS = {"binance": "a.b", "bybit": "a" * 37, "kraken": "A1", "okx": "a-b"}  # that are none
SMALL = {"binance": ccxt.BadRequest, "coinbase": ccxt.ExchangeError}


async def test_an_order_that_takes_is_filled_at_the_books_prices_and_pays_the_takers_fee(trader):
    """Level by level; the balance is what it was, less the price, and the fee in the asset the exchange charges."""
    trader.exchanges.fees(trader.venue, taker="0.002", maker="0.001")
    order = await trader.order("buy", 150, 0.9999, timeInForce="IOC")

    first, second = trader.exchanges.fills(trader.venue)
    assert [(each.amount, each.price) for each in (first, second)] == [(100, Decimal("0.9993")), (50, second.price)]
    assert second.price > first.price
    in_quote = DESKS[trader.venue].rules.fee_in_quote
    assert {first.fee_asset, second.fee_asset} == {trader.paid if in_quote else trader.base}
    assert first.fee == Decimal("0.002") * (first.amount * first.price if in_quote else first.amount)
    fee, cost = first.fee + second.fee, sum(each.amount * each.price for each in (first, second))
    held = {trader.base: 650 - (not in_quote) * fee, trader.paid: 1000 - cost - in_quote * fee}
    assert trader.exchanges.balance(trader.venue) == held
    told = await trader.asked(order)
    assert (told["status"], told["filled"]) == ("closed", 150)
    assert told["average"] == pytest.approx(float(cost / 150))


async def test_what_is_taken_is_gone_until_somebody_quotes_anew(trader):
    """An IOC order gets what is there and ends; the next one gets nothing; after a new quote there is some again."""
    first = await trader.asked(await trader.order("buy", 150, 0.9993, timeInForce="IOC"))
    second = await trader.asked(await trader.order("buy", 100, 0.9993, timeInForce="IOC"))

    assert (first["filled"], second["filled"]) == (100, 0)
    assert {first["status"], second["status"]} <= ENDS
    assert trader.exchanges.book_of(*trader.market).ask.price != "0.9993"
    trader.quote(0.9991, 0.9993, 100.0, 30.0)
    third = await trader.asked(await trader.order("buy", 100, 0.9993, timeInForce="IOC"))
    assert third["filled"] == 30
    assert not await soon(trader.ccxt.fetch_open_orders(trader.symbol))


async def test_a_taker_without_a_limit_sells_to_whoever_bids(trader):
    """Down the book, and what it gets is the bids' prices."""
    told = await trader.asked(await trader.order("sell", 150))

    fills = trader.exchanges.fills(trader.venue)
    assert (told["status"], told["filled"]) == ("closed", 150)
    assert [each.price for each in fills] == sorted((each.price for each in fills), reverse=True)
    assert fills[0].price == Decimal("0.9991")


async def test_an_order_that_rests_is_filled_at_its_own_price_when_the_book_comes_to_it(trader):
    """Bit by bit, for the maker's fee, and never at a better price; what filled it is gone from the book."""
    order = await trader.order("buy", 100, 0.9980, postOnly=True)
    trader.exchanges.book(*trader.market, [], [("0.9975", "30"), ("0.9980", "20"), ("0.9985", "50")])
    told = await trader.asked(order)
    assert (told["status"], told["filled"]) == ("open", 50)
    assert trader.exchanges.book_of(*trader.market).asks == (("0.9985", "50"),)

    trader.quote(0.9950, 0.9960, 100.0, 500.0)
    told = await trader.asked(order)
    assert (told["status"], told["filled"], told["average"]) == ("closed", 100, 0.998)
    assert all(each.maker and each.price == Decimal("0.9980") for each in trader.exchanges.fills(trader.venue))
    assert trader.exchanges.book_of(*trader.market).ask.size == "450.00"


async def test_an_order_may_be_filled_in_part_and_the_rest_taken_back(trader):
    """While it stands it uses money; once cancelled it uses none, and what was traded stays traded."""
    order = await trader.order("buy", 100, 0.9980, clientOrderId="partly1")
    trader.exchanges.book(*trader.market, [("0.9970", "10")], [("0.9980", "30.00")])
    told = await trader.asked(order)
    assert (told["status"], told["filled"], told["remaining"]) == ("open", 30, 70)
    balance = await trader.balance()
    assert balance[trader.paid]["used"] == pytest.approx(70 * 0.998, rel=0.003)
    assert [each["id"] for each in await soon(trader.ccxt.fetch_open_orders(trader.symbol))] == [order]

    await trader.cancel(order)
    told = await trader.asked(order)
    assert (told["status"] in ENDS, told["filled"]) == (True, 30)
    assert (await trader.balance())[trader.paid]["used"] == 0
    assert [each["order"] for each in await soon(trader.ccxt.fetch_my_trades(trader.symbol))] == [order]
    assert not await soon(trader.ccxt.fetch_open_orders(trader.symbol))


async def test_an_order_is_cancelled_by_the_id_its_client_gave_it(trader):
    """Which exchanges take instead of their own, most of them."""
    if trader.venue == "coinbase":
        pytest.skip("coinbase does not")
    await trader.order("sell", 100, 1.01, clientOrderId="mine1")
    await soon(trader.ccxt.cancel_order(None, trader.symbol, {NAMES.get(trader.venue, "clientOrderId"): "mine1"}))

    (order,) = trader.exchanges.orders(trader.venue)
    assert (order.state, order.asked.client_id) == (State.CANCELLED, "mine1")


async def test_what_does_not_stand_cannot_be_cancelled(trader):
    """Filled or cancelled before, the error is the same; of what was never there, it may be another."""
    filled = await trader.order("buy", 50, 0.9993)
    cancelled = await trader.order("buy", 50, 0.99)
    await trader.cancel(cancelled)

    for order in (filled, cancelled):
        with pytest.raises(GONE.get(trader.venue, ccxt.OrderNotFound)):
            await trader.cancel(order)
    with pytest.raises(NEVER.get(trader.venue, ccxt.OrderNotFound)):
        await trader.cancel("424242")


async def test_a_post_only_order_never_takes(trader):
    """It is refused, or accepted and ended at once, as the exchange has it; nothing is traded."""
    if trader.venue in TAKES:
        with pytest.raises(TAKES[trader.venue]):
            await trader.order("buy", 50, 0.9993, postOnly=True)
    else:
        told = await trader.asked(await trader.order("buy", 50, 0.9993, postOnly=True))
        assert (told["status"], told["filled"]) == ("rejected" if trader.venue == "bybit" else "canceled", 0)

    assert not trader.exchanges.fills(trader.venue)
    assert not trader.exchanges.account(trader.venue).open()


async def test_an_id_is_given_to_one_order_only(trader):
    """The second is refused while the first stands; later on, some exchanges take it again."""
    if trader.venue == "coinbase":
        pytest.skip("coinbase answers with the first")
    first = await trader.order("buy", 50, 0.99, clientOrderId="once1")
    refused = DUPLICATE.get(trader.venue, ccxt.InvalidOrder)
    with pytest.raises(refused):
        await trader.order("buy", 50, 0.99, clientOrderId="once1")
    await trader.cancel(first)

    if DESKS[trader.venue].rules.ids_forever:
        with pytest.raises(refused):
            await trader.order("buy", 50, 0.99, clientOrderId="once1")
    else:
        await trader.order("buy", 50, 0.99, clientOrderId="once1")
    assert len(trader.exchanges.account(trader.venue).open()) == (not DESKS[trader.venue].rules.ids_forever)


async def test_coinbase_answers_an_id_it_knows_with_the_order_it_belongs_to():
    """However often it is sent, and after it has ended: it is one order."""
    async with trading("coinbase") as trader:
        trader.fund(quote="1000")
        first = await trader.order("buy", 50, 0.99, clientOrderId="once1")
        assert await trader.order("buy", 60, 0.98, clientOrderId="once1") == first
        await trader.cancel(first)
        assert await trader.order("buy", 50, 0.99, clientOrderId="once1") == first

        assert len(trader.exchanges.orders("coinbase")) == 1


async def test_coinbase_tells_how_orders_stand_and_no_trades():
    """What is filled so far, and how it ended."""
    async with trading("coinbase") as trader:
        trader.quote(0.9991, 0.9993, 100.0, 30.0)
        trader.fund(quote="1000")
        await trader.listen()
        order = await trader.order("buy", 60, 0.9993)
        await trader.until("orders", lambda each: (each["filled"], each["remaining"]) == (30, 30))
        await trader.cancel(order)

        last = await trader.until("orders", lambda each: each["status"] == "canceled")
        assert (last["id"], last["filled"], last["average"]) == (order, 30, 0.9993)


@pytest.mark.parametrize("venue", sorted(IDS))
async def test_an_id_must_be_as_ids_are_there(venue):
    """Too long, or with a character that the exchange does not take: there is no such order."""
    async with trading(venue) as trader:
        trader.fund(quote="1000")
        for name in (IDS[venue], "a" * 40):
            with pytest.raises(ccxt.ExchangeError):
                await trader.order("buy", 50, 0.99, clientOrderId=name)

        assert not trader.exchanges.orders(venue)


async def test_what_is_not_there_cannot_be_spent(trader):
    """Neither money nor coins, nor what another order uses."""
    await trader.order("buy", 990, 0.9)
    for side, amount, price in (("buy", 200, 0.9), ("sell", 501, 1.1)):
        with pytest.raises(ccxt.InsufficientFunds):
            await trader.order(side, amount, price)

    assert len(trader.exchanges.orders(trader.venue)) == 1


@pytest.mark.parametrize("venue", ["binance", "bybit", "kraken", "coinbase"])
async def test_an_order_too_small_is_refused(venue):
    """Below the exchange's least amount or cost."""
    async with trading(venue) as trader:
        trader.fund(quote="1000")
        with pytest.raises(SMALL.get(venue, ccxt.InvalidOrder)):
            await trader.order("buy", 0.5, 0.99)

        assert not trader.exchanges.orders(venue)


async def test_a_client_hears_of_its_orders_and_trades(hearing):
    """Every trade once, with the fee paid, and how each order ends."""
    await hearing.listen()
    taker = await hearing.order("buy", 120, 0.9993, timeInForce="IOC")
    maker = await hearing.order("sell", 60, 0.9999)
    cancelled = await hearing.order("sell", 70, 1.01)
    hearing.quote(0.9999, 1.0001)
    await hearing.cancel(cancelled)

    for order in (taker, cancelled):
        await hearing.until("orders", lambda each, order=order: each["id"] == order and each["status"] in ENDS)
    await hearing.until("orders", lambda each: each["id"] == maker and each["status"] == "closed")
    await hearing.until("trades", lambda each: each["order"] == maker)
    fills = hearing.exchanges.fills(hearing.venue)
    told = {each["id"]: each for each in hearing.told["trades"]}
    assert [(each["amount"], each["price"], each["takerOrMaker"]) for each in told.values()] == [
        (float(fill.amount), float(fill.price), "maker" if fill.maker else "taker") for fill in fills
    ]
    assert [(abs(each["fee"]["cost"]), each["fee"]["currency"]) for each in told.values()] == [
        (float(fill.fee), fill.fee_asset) for fill in fills
    ]


async def test_the_books_watchers_see_what_an_order_took(trader):
    """Who watches the book sees it without what was taken."""
    watching = trader.watch()
    await soon(trader.exchanges.listened_to(*trader.market))
    await watching
    following = trader.watch()
    await trader.order("buy", 100, 0.9993)

    assert (await following)["asks"][0][0] > 0.9993


async def test_orders_that_ended_can_be_listed(trader):
    """The filled ones at least, the newest with them."""
    orders = [await trader.order("buy", 10, 0.9993) for _ in range(3)]
    listed = await soon(trader.ccxt.fetch_closed_orders(trader.symbol))

    assert sorted(each["id"] for each in listed) == orders
