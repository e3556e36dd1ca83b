"""ccxt's own class of Binance's futures at the sandbox: perpetuals of stablecoins, quoted, sold short and settled."""

import asyncio
from decimal import Decimal

import ccxt
import pytest
from aiohttp import ClientSession
from exchange_clients import KEYS, client, ready, soon, told

from bot.sandbox.errors import SandboxError
from bot.sandbox.exchange import Exchanges
from bot.sandbox.exchange_faults import Fault
from bot.sandbox.wire.margin import Position
from bot.sandbox.wire.wire import Refusal
from bot.sandbox.wire.wires import FUTURES

VENUE, PERPETUAL, HOUR = "binanceusdm", "USDC-PERP", 3_600_000
FLAT = Position(Decimal(0), Decimal(0))


@pytest.fixture
async def desk():
    """A client with a thousand USDT, and a book to trade with."""
    async with ready(VENUE) as trader:
        trader.quote(0.95, 0.9502, 300.0, 500.0)
        yield trader


async def position(desk):
    """The one position that the exchange tells of, signed, and its entry price; None where there is none."""
    told = await soon(desk.ccxt.fetch_positions([desk.symbol]))
    return next(
        ((each["contracts"] * (-1 if each["side"] == "short" else 1), each["entryPrice"]) for each in told), None
    )


async def wallet(desk):
    """Money as the exchange tells it."""
    (asset,) = (await desk.balance())["info"]["assets"]
    return Decimal(asset["walletBalance"])


async def test_it_lists_perpetuals_settled_in_usdt(desk):
    """Of a coin each, in whole coins, five dollars at least."""
    assert set(desk.ccxt.markets) == {"USDC/USDT:USDT", "USDE/USDT:USDT", "FDUSD/USDT:USDT"}
    market = desk.ccxt.market(desk.symbol)
    assert (market["id"], market["swap"], market["linear"], market["contractSize"]) == ("USDCUSDT", True, True, 1)
    assert (market["precision"]["amount"], market["limits"]["cost"]["min"]) == (1, 5)


async def test_the_coin_and_its_perpetual_have_books_of_their_own():
    """At Binance both are called USDCUSDT; which one is meant the host says, also to a client that knows both."""
    async with Exchanges(["binance", VENUE]) as exchanges, client("binance", exchanges.url) as ccxt_:
        exchanges.quote("binance", "USDC", "USDT", 0.97, 0.971)
        exchanges.quote(VENUE, PERPETUAL, "USDT", 0.95, 0.951)
        books = [await soon(ccxt_.watch_bids_asks([each])) for each in ("USDC/USDT", "USDC/USDT:USDT")]

        assert [told(each)[:2] for book in books for each in book.values()] == [(0.97, 0.971), (0.95, 0.951)]


async def test_funding_is_told_before_it_is_due(desk):
    """The rate that was set, every eight hours of the day, at the middle of the book."""
    desk.exchanges.funding(VENUE, PERPETUAL, "-0.00012345")
    rate = await soon(desk.ccxt.fetch_funding_rate(desk.symbol))
    rates = await soon(desk.ccxt.fetch_funding_rates())
    every = await soon(desk.ccxt.fetch_funding_intervals())

    assert (rate["fundingRate"], rate["markPrice"]) == (-0.00012345, 0.9501)
    assert rate["fundingTimestamp"] % (8 * HOUR) == 0
    assert 0 < rate["fundingTimestamp"] - rate["timestamp"] <= 8 * HOUR
    assert {each: rates[each]["fundingRate"] for each in rates} == dict.fromkeys(rates, 0.0001) | {
        desk.symbol: -0.00012345
    }
    assert {each["interval"] for each in every.values()} == {"8h"}
    assert (await soon(desk.ccxt.watch_mark_price(desk.symbol)))["markPrice"] == 0.9501


async def test_a_short_is_opened_in_parts_and_closed(desk):
    """After each fill position and wallet are what the fills come to, exactly; fees are paid in USDT."""
    desk.exchanges.fees(VENUE, taker="0.0005", maker="0.0002")
    order = await desk.order("sell", 400, 0.95)
    assert (await desk.asked(order))["filled"] == 300
    assert await position(desk) == (-300, 0.95)
    desk.quote(0.94, 0.941)
    assert desk.exchanges.position(VENUE, PERPETUAL) == (Decimal(-300), Decimal("0.95"))
    desk.exchanges.book(*desk.market, [("0.96", "100")], [("0.98", "50")])
    assert await position(desk) == (-400, 0.95)
    assert await wallet(desk) == 1000 - Decimal("0.1425") - Decimal("0.019")

    await desk.order("buy", 50, 0.98)
    paid = Decimal("0.1425") + Decimal("0.019") + Decimal("0.0245")
    assert await wallet(desk) == 1000 - paid - 50 * Decimal("0.03")
    desk.quote(0.899, 0.9)
    closing = await desk.order("buy", 350)
    assert (await desk.asked(closing))["average"] == 0.9
    assert await position(desk) is None
    assert desk.exchanges.position(VENUE, PERPETUAL) == FLAT
    money = 1000 - paid - Decimal("0.1575") - 50 * Decimal("0.03") + 350 * Decimal("0.05")
    assert desk.exchanges.balance(VENUE) == {"USDT": money}
    assert await wallet(desk) == money
    trades = await soon(desk.ccxt.fetch_my_trades(desk.symbol))
    assert [(each["amount"], each["price"], each["side"]) for each in trades] == [
        (300, 0.95, "sell"),
        (100, 0.95, "sell"),
        (50, 0.98, "buy"),
        (350, 0.9, "buy"),
    ]
    assert sum(Decimal(each["info"]["realizedPnl"]) for each in trades) == money - 1000 + paid + Decimal("0.1575")


async def test_what_may_only_reduce_is_cut_to_the_position(desk):
    """The rest expires; where nothing is to be reduced the order is refused."""
    with pytest.raises(ccxt.InvalidOrder, match="ReduceOnly"):
        await desk.order("buy", 10, 0.96, reduceOnly=True)
    await desk.order("sell", 100, 0.95)
    told = await desk.asked(await desk.order("buy", 250, 0.96, reduceOnly=True, timeInForce="IOC"))

    assert (told["status"], told["filled"], told["reduceOnly"]) == ("expired", 100, True)
    assert desk.exchanges.position(VENUE, PERPETUAL) == FLAT


async def test_too_little_margin_is_told_as_too_little_money(desk):
    """A thousand dollars carry twenty thousand, or as much as the leverage says."""
    with pytest.raises(ccxt.InsufficientFunds):
        await desk.order("sell", 21_100, 0.95)
    await soon(desk.ccxt.set_leverage(2, desk.symbol))
    with pytest.raises(ccxt.InsufficientFunds):
        await desk.order("sell", 2_110, 0.95)
    await desk.order("sell", 2_100, 0.9502, postOnly=True)

    balance = (await desk.balance())["USDT"]
    assert (balance["free"], balance["used"]) == (pytest.approx(2.29), pytest.approx(997.71))
    assert (await soon(desk.ccxt.fetch_leverage(desk.symbol)))["shortLeverage"] == 2


async def test_there_is_one_position_a_market_with_all_the_money_behind_it(desk):
    """Setting what is set already is refused as such, and so is what the sandbox does not do."""
    assert (await soon(desk.ccxt.fetch_position_mode(desk.symbol)))["hedged"] is False
    with pytest.raises(ccxt.MarginModeAlreadySet):
        await soon(desk.ccxt.set_margin_mode("cross", desk.symbol))
    with pytest.raises(ccxt.OperationRejected):
        await soon(desk.ccxt.set_position_mode(False, desk.symbol))
    with pytest.raises(ccxt.ExchangeError):
        await soon(desk.ccxt.set_position_mode(True, desk.symbol))
    with pytest.raises(ccxt.ExchangeError):
        await desk.order("sell", 10, 0.95, positionSide="SHORT")
    with pytest.raises(ccxt.BadRequest):
        await soon(desk.ccxt.set_leverage(51, desk.symbol))


async def test_what_a_position_was_paid_is_told_once_and_for_ever(desk):
    """A number and an amount each, from a time on; the wallet has it, and who listens hears of it."""
    await desk.order("sell", 300, 0.95)
    desk.exchanges.funding(VENUE, PERPETUAL, "0.0003")
    await desk.listen()
    watching = asyncio.ensure_future(soon(desk.ccxt.watch_balance()))
    await asyncio.sleep(0)
    before = await wallet(desk)
    desk.exchanges.settle_funding(VENUE)
    first = (await watching)["USDT"]["total"]
    desk.exchanges.settle_funding(VENUE)

    mark = (Decimal(desk.exchanges.book_of(*desk.market).bid.price) + Decimal("0.9502")) / 2
    due = 300 * mark * Decimal("0.0003")
    paid = await soon(desk.ccxt.fetch_funding_history(desk.symbol))
    assert [(each["id"], Decimal(each["info"]["income"]), each["code"]) for each in paid] == [
        ("1", due, "USDT"),
        ("2", due, "USDT"),
    ]
    assert await wallet(desk) == before + 2 * due
    assert first == float(before + due)
    later = paid[0]["timestamp"] + 1
    assert await soon(desk.ccxt.fetch_funding_history(desk.symbol, since=later + HOUR)) == []
    assert await soon(desk.ccxt.fetch_funding_history("USDE/USDT:USDT")) == []


async def test_a_position_without_margin_is_closed_at_the_book_and_told(desk):
    """Its open orders go first; the fill is among the account's, under an id that it did not give, and it is news."""
    await desk.order("sell", 300, 0.95)
    desk.quote(0.95, 0.9502, 10_000.0, 10_000.0)
    await desk.order("sell", 10_000, 0.95)
    resting = await desk.order("sell", 50, 1.2)
    await desk.listen()
    desk.quote(1.0399, 1.04, 1_000.0, 6_000.0)

    closing = await desk.until("orders", lambda each: each["clientOrderId"].startswith("autoclose-"))
    await desk.until("orders", lambda each: each["id"] == closing["id"] and each["filled"] == 10_300)
    assert (await desk.asked(resting))["status"] == "expired"
    assert await position(desk) is None
    forced = [each for each in await soon(desk.ccxt.fetch_my_trades(desk.symbol)) if each["order"] == closing["id"]]
    assert sum(each["amount"] for each in forced) == 10_300
    assert 0 < await wallet(desk) < 1_000 - 10_300 * Decimal("0.09")


async def test_who_listens_hears_of_fills_and_of_the_position_after_them(desk):
    """Each trade once, with its fee and profit, and what is held then."""
    await desk.listen()
    await desk.order("sell", 200, 0.95, clientOrderId="short1")
    order = await desk.until("orders", lambda each: each["status"] == "closed")
    trade = await desk.until("trades", lambda each: each["order"] == order["id"])

    assert (order["clientOrderId"], order["filled"], order["average"]) == ("short1", 200, 0.95)
    assert (trade["amount"], trade["price"], trade["fee"]) == (200, 0.95, {"cost": 0.095, "currency": "USDT"})
    (update,) = (each["a"] for each in desk.heard if each.get("e") == "ACCOUNT_UPDATE")
    assert (update["P"][0]["pa"], Decimal(update["P"][0]["ep"])) == ("-200", Decimal("0.95"))
    assert Decimal(update["B"][0]["wb"]) == await wallet(desk)


async def test_no_key_opens_the_news_of_another():
    """A bad key gets no listen key, a wrong listen key no news."""
    async with Exchanges([VENUE]) as exchanges, client(VENUE, exchanges.url, **KEYS | {"apiKey": "bad"}) as ccxt_:
        ccxt_.has["fetchCurrencies"] = False
        for ask in (ccxt_.fetch_balance, ccxt_.watch_orders):
            with pytest.raises(ccxt.AuthenticationError):
                await soon(ask())

        url = f"{exchanges.url}/fstream.binance.com/private/ws?listenKey=wrong"
        async with ClientSession() as http, http.ws_connect(url) as socket:
            assert await soon(socket.receive_json()) == FUTURES[VENUE].refusals[Refusal.BAD_REQUEST].body


async def test_positions_outlive_an_exchange_that_goes_away(desk):
    """Nothing of an account is lost while it answers nobody."""
    await desk.order("sell", 200, 0.95)
    desk.exchanges.fault(VENUE, Fault.UNAVAILABLE)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await position(desk)
    desk.exchanges.settle_funding(VENUE)
    desk.exchanges.mend(VENUE)

    assert await position(desk) == (-200, 0.95)
    assert len(await soon(desk.ccxt.fetch_funding_history(desk.symbol))) == 1


def test_only_what_has_perpetuals_has_positions():
    """Elsewhere they are refused in one line."""
    exchanges = Exchanges(["kraken", "gemini", VENUE])
    for ask in (lambda: exchanges.funding("kraken", PERPETUAL, "0"), lambda: exchanges.position(VENUE, "BTC-PERP")):
        with pytest.raises(SandboxError, match="has no market"):
            ask()
    with pytest.raises(SandboxError, match="kraken has no positions"):
        exchanges.settle_funding("kraken")
