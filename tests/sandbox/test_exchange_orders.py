"""ccxt's own classes place, fill, cancel, list and watch orders at the exchanges of the sandbox."""

import asyncio
from decimal import Decimal

import ccxt
import orjson
import pytest
from aiohttp import ClientSession
from exchange_clients import KEYS, MUTE, client, soon, trading

from bot.sandbox.errors import SandboxError
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault
from bot.sandbox.wire.account import Transit
from bot.sandbox.wire.orders import Denial, State
from bot.sandbox.wire.wires import DESKS

ENDS = {"canceled", "expired", "closed"}  # what ccxt calls an order that found less than it wanted
DUPLICATE = {"kraken": ccxt.ExchangeError}  # for which ccxt has no name
TAKES = {"kraken": ccxt.ExchangeError, "coinbase": ccxt.ExchangeError, "binance": ccxt.OrderImmediatelyFillable}
NAMES = {"bybit": "orderLinkId"}  # what ccxt calls a client order id that is to be cancelled
SMALL = {"binance": ccxt.BadRequest, "coinbase": ccxt.ExchangeError}
CLOCKED = {"binance", "bybit", "okx"}  # whose requests tell a time
LOGINS = {"okx": 2, "bybit": 2}  # private topics of a client that watches its balance, with its login
TOLD_AT_ONCE = {"kraken", "okx"}  # that tell what is held as soon as somebody watches
GONE = {"coinbase": ccxt.BadRequest}  # what ccxt makes of a cancellation of what is not there
PATHS = {
    "kraken": "api.kraken.com/0/private/BalanceEx",
    "binance": "api.binance.com/api/v3/account",
    "okx": "www.okx.com/api/v5/account/balance",
    "bybit": "api.bybit.com/v5/account/wallet-balance",
    "coinbase": "api.coinbase.com/v2/accounts",
}


@pytest.fixture(params=DESKS)
async def trader(request):
    """Each exchange that has accounts in turn, a book a client may trade with, and money."""
    async with trading(request.param) as trader:
        trader.quote(0.9991, 0.9993, 100.0, 100.0)
        trader.fund(base="500", quote="1000")
        yield trader


@pytest.fixture
def hearing(trader):
    """The same, if ccxt can watch own trades there."""
    if trader.venue in MUTE:
        pytest.skip(f"ccxt's {trader.venue} does not watch trades")
    return trader


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
    """Filled, cancelled before, or never there: the same error."""
    filled = await trader.order("buy", 50, 0.9993)
    cancelled = await trader.order("buy", 50, 0.99)
    await trader.cancel(cancelled)

    for order in (filled, cancelled, "424242"):
        with pytest.raises(GONE.get(trader.venue, ccxt.OrderNotFound)):
            await trader.cancel(order)


async def test_a_post_only_order_never_takes(trader):
    """It is refused, or accepted and ended at once, as the exchange has it; nothing is traded."""
    if trader.venue in TAKES:
        with pytest.raises(TAKES[trader.venue]):
            await trader.order("buy", 50, 0.9993, postOnly=True)
    else:
        told = await trader.asked(await trader.order("buy", 50, 0.9993, postOnly=True))
        assert (told["status"], told["filled"]) == ("canceled", 0)

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


async def test_the_fee_that_is_asked_for_is_the_one_that_is_taken(trader):
    """It is what was set."""
    trader.exchanges.fees(trader.venue, taker="0.0016", maker="0.0002")
    fee = await soon(trader.ccxt.fetch_trading_fee(trader.symbol))

    assert (fee["taker"], fee["maker"]) == (0.0016, 0.0002)


@pytest.mark.parametrize("venue", DESKS)
async def test_a_key_that_is_not_good_is_refused(venue):
    """By REST and on sockets; and so is a request that nobody signed."""
    async with Exchanges([venue]) as exchanges, client(venue, exchanges.url, **KEYS | {"apiKey": "bad"}) as ccxt_:
        ccxt_.has["fetchCurrencies"] = False
        with pytest.raises(ccxt.AuthenticationError):
            await ccxt_.fetch_balance()
        if venue not in MUTE:  # where ccxt raises into nowhere, and stops reading
            with pytest.raises(ccxt.ExchangeError):
                await soon(ccxt_.watch_orders())

        denied = DESKS[venue].denied(Denial.UNSIGNED)
        async with ClientSession() as http, http.get(f"{exchanges.url}/{PATHS[venue]}") as answer:
            told = await answer.text()
            assert answer.status == denied.status
            assert told == denied.body if isinstance(denied.body, str) else orjson.loads(told) == denied.body


@pytest.mark.parametrize("volume", ["much", "NaN", "Infinity", "-5", ""])
async def test_an_amount_that_is_none_is_refused(volume):
    """And nothing is ordered."""
    async with Exchanges(["kraken"]) as exchanges, ClientSession() as http:
        exchanges.fund("kraken", "USD", 1000)
        sent = {"pair": "USDCUSD", "type": "buy", "ordertype": "limit", "price": "0.99", "volume": volume}
        url = f"{exchanges.url}/api.kraken.com/0/private/AddOrder"
        async with http.post(url, data=sent, headers={"API-Key": "key", "API-Sign": "any"}) as answer:
            assert answer.status < 500
            assert "txid" not in await answer.text()

        assert not exchanges.orders("kraken")


@pytest.mark.parametrize("venue", sorted(CLOCKED))
async def test_a_request_from_another_time_is_refused(venue):
    """An exchange whose clock is far from the client's does nothing for it, until they agree again."""
    async with trading(venue) as trader:
        trader.fund(quote="1000")
        await trader.ccxt.load_markets()
        trader.exchanges.fault(venue, Fault.SKEW, 60)
        with pytest.raises(ccxt.InvalidNonce):
            await trader.order("buy", 50, 0.99)
        trader.exchanges.fault(venue, Fault.SKEW, 1)
        await trader.order("buy", 50, 0.99)

        assert len(trader.exchanges.orders(venue)) == 1


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit"])
async def test_ways_in_and_out_are_told(venue):
    """Whether an asset comes in, goes out, and what that costs."""
    async with trading(venue) as trader:
        trader.exchanges.transit(venue, "USDC", Transit(deposits=False, withdrawals=True, fee=Decimal("0.8")))
        told = await soon(trader.ccxt.fetch_currencies())

        assert (told["USDC"]["deposit"], told["USDC"]["withdraw"], told["USDC"]["fee"]) == (False, True, 0.8)
        assert (told["USDT"]["deposit"], told["USDT"]["withdraw"], told["USDT"]["fee"]) == (True, True, 1)


async def test_balances_are_pushed(hearing):
    """A trade changes what the client is told it holds."""
    watching = asyncio.ensure_future(hearing.ccxt.watch_balance())
    await soon(hearing.exchanges.attended(hearing.venue, LOGINS.get(hearing.venue, 1)))
    if hearing.venue in TOLD_AT_ONCE:
        assert (await soon(watching))[hearing.base]["total"] == 500
        watching = asyncio.ensure_future(hearing.ccxt.watch_balance())
        await asyncio.sleep(0)
    await hearing.order("sell", 40, 0.9991)

    assert (await soon(watching))[hearing.base]["total"] == 460


def test_every_exchange_has_words_for_every_denial():
    """Whatever an account is denied, the exchange says so in its own words."""
    for venue, desk in DESKS.items():
        never = set() if venue in CLOCKED else {Denial.CLOCK}
        never |= {Denial.WOULD_TAKE} if desk.rules.post_only_ends else set()
        never |= {Denial.DUPLICATE, Denial.ENDED} if venue == "coinbase" else set()  # told in answers
        assert set(Denial) - set(desk.denials) == never


async def test_what_the_account_has_is_told_without_asking_the_exchange():
    """For tests: balances, orders and fills as they are, and a name for what has none."""
    exchanges = Exchanges(["kraken", "gemini"])
    exchanges.fund("kraken", "USD", "12.5")

    assert exchanges.balance("kraken") == {"USD": Decimal("12.5")}
    assert exchanges.orders("kraken") == exchanges.fills("kraken") == ()
    with pytest.raises(SandboxError, match=r"gemini has no accounts in the sandbox; there are some at .*kraken"):
        exchanges.fund("gemini", "USD", 1)
