"""What is made of an exchange's words about perpetual futures: markets, terms, holdings, payments, and a duplicate."""

from decimal import Decimal

import ccxt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.markets import Market, perpetual
from bot.model.orders import COVER, FundingPaid
from bot.venues import ccxt_client, discovery, order_terms, perpetuals
from bot.venues.order_faults import Fate, GarbledError, fate
from bot.venues.perpetual_account import PerpetualAccount
from bot.venues.perpetuals import LEVERAGE, Contract

from .order_floor import COINS

VENUE = "binanceusdm"
SHORT = "USDC-PERP"
FUTURE = Market(VENUE, SHORT, "USDT")
FUNDS = Decimal(1_000)
OURS = {"USDCUSDT": Contract(SHORT, Decimal(1)), "USDEUSDT": Contract("USDE-PERP", Decimal(1))}

amounts = st.decimals(-100_000, 100_000, places=2)
prices = st.decimals("0.0001", "2", places=8)


def test_an_order_that_is_there_already_is_no_refused_one():
    """A duplicate is looked up, whatever ccxt makes of Binance's number for it."""
    exchange = ccxt_client.unheard(VENUE, through=None, timeout=1.0)
    PerpetualAccount(exchange, None, COINS, lambda: 1)
    said = {"code": -4116, "msg": "ClientOrderId is duplicated."}
    with pytest.raises(ccxt.DuplicateOrderId) as raised:
        exchange.handle_errors(
            400, "Bad Request", "https://fapi.binance.com/fapi/v1/order", "POST", {}, "", said, {}, {}
        )
    assert fate(raised.value) is Fate.UNKNOWN


def listed(base, **more):
    kind = {"swap": True, "linear": True, "settle": "USDT", "active": True, "spot": False}
    return {"symbol": f"{base}/USDT:USDT", "base": base, "quote": "USDT"} | kind | more


def test_perpetuals_of_watched_coins_are_those_that_are_open_and_settled_in_usdt():
    """No other coin's, no quarterly, none that is settled in something else, none of BTC."""
    markets = [
        listed("USDC"),
        listed("USDE", active=False),
        listed("DAI"),
        listed("BTC"),
        listed("FDUSD", swap=False, symbol="FDUSD/USDT:USDT-261225"),
        listed("FDUSD", linear=False, settle="FDUSD", symbol="FDUSD/USDT:FDUSD"),
    ]
    found = discovery.watched(VENUE, markets, COINS, ["USDC", "USDE", "FDUSD", "BTC"])

    assert found == {"USDC/USDT:USDT": FUTURE}
    assert discovery.watched("okx", markets, COINS, ["USDC"]) == {}


@given(amounts, amounts, prices, amounts, prices)
def test_holdings_are_what_the_wallet_was_made_of(money, usdc, entry, usde, other):
    """Wallet = money + position x entry price, of any positions short or long: told back to the last digit."""
    wallet = money + usdc * entry + usde * other
    held = dict(
        perpetuals.holdings(
            _wallet(wallet), [_risk("USDCUSDT", usdc, entry), _risk("USDEUSDT", usde, other)], OURS, str
        )
    )

    assert held == {name: each for name, each in {"USDT": money, SHORT: usdc, "USDE-PERP": usde}.items() if each}


@given(amounts, st.decimals(0, 100, places=2), st.decimals(-100, 100, places=2))
def test_positions_of_others_are_told_and_lend_us_nothing(amount, bound, profit):
    """What they bind and have lost is missing from the money; what they have won, or were sold for, is not in it."""
    other = _risk("BTCUSDT", amount, Decimal(60_000), initialMargin=bound, unRealizedProfit=profit)
    held = dict(perpetuals.holdings(_wallet(FUNDS), [other], OURS, str))

    assert held.get("BTCUSDT", 0) == amount
    assert held.get("USDT", 0) == (FUNDS - bound + min(profit, 0) if amount else FUNDS)
    assert not any(name.endswith(perpetual("")) for name in held)


def test_what_was_never_used_is_no_balance_and_what_is_not_told_no_answer():
    """Binance fills such rows with what is no balance; a position without its entry price is garbled."""
    stale = {"assets": [{"asset": "BNB", "walletBalance": "5", "updateTime": "0"}]}
    assert perpetuals.holdings(stale, [], OURS, str) == ()
    with pytest.raises(GarbledError, match="tells no entryPrice"):
        perpetuals.holdings(_wallet(FUNDS), [_risk("USDCUSDT", Decimal(-1), None)], OURS, str)


def _wallet(amount):
    return {"assets": [{"asset": "USDT", "walletBalance": f"{amount:f}", "updateTime": "1700000000000"}]}


def _risk(symbol, amount, entry, **more):
    return {"symbol": symbol, "positionAmt": f"{amount:f}", "entryPrice": entry, "marginAsset": "USDT"} | more


@pytest.mark.parametrize(
    ("rate", "interval", "cost"),
    [("0.0001", None, -0.0003), ("-0.0001", "8h", 0.0003), ("0.0001", "4h", -0.0006), ("-0.02", "1h", 0.48)],
)
def test_a_short_pays_what_the_rate_says_as_often_as_it_is_paid(rate, interval, cost):
    """A day of dollars: below zero it is paid, and every eight hours where nothing else is told."""
    assert perpetuals.carry({"fundingRate": rate}, interval and {"interval": interval}) == pytest.approx(cost)
    assert perpetuals.carry({"fundingRate": None}, None) is None


@pytest.mark.parametrize("missing", ["id", "amount", "timestamp", "code"])
def test_a_payment_that_is_not_told_in_full_is_none(missing):
    """It is asked for again."""
    told = {"id": "7", "amount": "-0.5", "timestamp": 1_700_000_000_000, "code": "USDT", "info": {"symbol": "USDCUSDT"}}
    paid = FundingPaid(1_700_000_000_000_000_000, 9, VENUE, SHORT, "USDCUSDT7", Decimal("-0.5"), "USDT")

    assert perpetuals.payment(told, VENUE, OURS, str, 9) == paid
    with pytest.raises(GarbledError):
        perpetuals.payment(told | {missing: None}, VENUE, OURS, str, 9)


@given(st.decimals("0.01", "1.04", places=4))
def test_the_leverage_is_the_least_that_binds_no_more_than_the_books_keep_back(price):
    """Up to four cents above a dollar; one less would not do there."""
    assert price / LEVERAGE <= COVER - price
    assert Decimal("1.04") / (LEVERAGE - 1) > COVER - Decimal("1.04")


def test_a_market_that_counts_in_contracts_has_terms_in_coins():
    """Steps and minimums of amounts times the contract's size; what an order must cost stays as it is."""
    precision, limits = {"amount": "1", "price": "0.0001"}, {"amount": {"min": "2"}, "cost": {"min": "5"}}
    market = {"precision": precision, "limits": limits, "taker": "0.0005", "maker": "0.0002", "contractSize": "10"}
    terms = order_terms.terms(market, 4)

    assert (terms.amount_step, terms.min_amount, terms.min_cost) == (10, 20, 5)
