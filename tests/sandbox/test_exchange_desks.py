"""Who may trade at the exchanges of the sandbox, what it costs there, and what the account is told of itself."""

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
from bot.sandbox.wire.exchange import Transit
from bot.sandbox.wire.orders import Denial
from bot.sandbox.wire.wires import ALL_DESKS, DESKS

CLOCKED = {"binance", "binanceusdm", "bybit", "okx"}  # whose requests tell a time
LOGINS = {"okx": 2, "bybit": 2}  # private topics of a client that watches its balance, with its login
TOLD_AT_ONCE = {"kraken", "okx"}  # that tell what is held as soon as somebody watches
PATHS = {
    "kraken": "api.kraken.com/0/private/BalanceEx",
    "binance": "api.binance.com/api/v3/account",
    "okx": "www.okx.com/api/v5/account/balance",
    "bybit": "api.bybit.com/v5/account/wallet-balance",
    "coinbase": "api.coinbase.com/v2/accounts",
}


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


async def test_the_same_orders_at_the_same_time_are_answered_alike():
    """Given the same calls and the same clock it says the same bytes."""
    told = [[text async for text in _answers()] for _ in range(2)]

    assert told[0] == told[1]
    assert "1678518900" in told[0][1]


def test_every_exchange_has_words_for_every_denial():
    """Whatever an account is denied, the exchange says so in its own words."""
    for venue, desk in ALL_DESKS.items():
        never = set() if venue in CLOCKED else {Denial.CLOCK}
        never |= {Denial.REDUCES} if venue in DESKS else set()
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


async def _answers():
    """What Kraken says to an order, a look at it, and a look at the balance, on a morning in March 2023."""
    async with Exchanges(["kraken"], clock=lambda: 1_678_518_900 * 10**9) as exchanges, ClientSession() as http:
        exchanges.fund("kraken", "USD", 1000)
        exchanges.quote("kraken", "USDC", "USD", 0.88, 0.881)
        order = {"pair": "USDCUSD", "type": "buy", "ordertype": "limit", "price": "0.89", "volume": "100"}
        for path, sent in (("AddOrder", order), ("ClosedOrders", {}), ("BalanceEx", {})):
            url, signed = f"{exchanges.url}/api.kraken.com/0/private/{path}", {"API-Key": "key", "API-Sign": "any"}
            async with http.post(url, data=sent, headers=signed) as answer:
                yield await answer.text()
