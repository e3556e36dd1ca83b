"""What Binance's futures say of an account: its money, its positions, their margin, and what they paid and were paid.

Source: developers.binance.com, USDS-margined futures: account and trade endpoints.
"""

from collections.abc import Mapping
from decimal import Decimal

from bot.model.orders import MARGIN
from bot.sandbox.wire import binance
from bot.sandbox.wire.binance_executions import ms
from bot.sandbox.wire.binance_queries import error
from bot.sandbox.wire.binanceusdm_executions import eight
from bot.sandbox.wire.book import Listing
from bot.sandbox.wire.margin import MAINTENANCE, MOST_LEVERAGE, MarginAccount
from bot.sandbox.wire.orders import Funded, plain
from bot.sandbox.wire.wire import Answer, Json, Refusal, RefusedError, Request

FUNDING_FEE = "FUNDING_FEE"
MOST_NOTIONAL = "10000000"


def answer(request: Request, what: str, sent: Mapping[str, Json], account: MarginAccount) -> Answer:
    """Everything of an account but its orders. Raises RefusedError where there is no such thing."""
    match request.method, what:
        case "GET", "account":
            return Answer(_account(account))
        case "GET", "balance":
            return Answer([_money(account) | {"accountAlias": "sandbox", "balance": plain(account.wallet())}])
        case "GET", "positionRisk":
            every = request.path.startswith("/fapi/v2")  # the newer ones leave out where nothing is
            return Answer([_risk(each, account) for each in _asked(sent, account) if every or _busy(each, account)])
        case "GET", "income":
            return Answer([_income(each) for each in _payments(sent, account)])
        case "GET", "commissionRate":
            return Answer(_fees(sent, account))
        case "GET", _:
            return _settings(what, sent, account)
        case "POST", _:
            return _set(what, sent, account)
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _asked(sent: Mapping[str, Json], account: MarginAccount) -> list[Listing]:
    """The market that is named, or all of them."""
    exchange = account.exchange
    return [binance.meant(exchange, sent["symbol"])] if "symbol" in sent else list(exchange.listings)


def _busy(listing: Listing, account: MarginAccount) -> bool:
    return bool(account.position(listing).amount or account.open(listing))


def _account(account: MarginAccount) -> Json:
    money = _money(account)
    sums = {f"total{name[0].upper()}{name[1:]}": money[name] for name in ("walletBalance", "marginBalance")}
    names = {"totalInitialMargin": "initialMargin", "totalMaintMargin": "maintMargin"}
    sums |= {name: money[each] for name, each in names.items()}
    sums["totalUnrealizedProfit"] = money["unrealizedProfit"]
    positions = [_held(each, account) for each in account.exchange.listings if _busy(each, account)]
    return sums | {"availableBalance": money["availableBalance"], "assets": [money], "positions": positions}


def _money(account: MarginAccount) -> dict[str, Json]:
    listings = account.exchange.listings
    wallet, available = plain(account.wallet()), eight(account.available())
    unrealised = eight(sum((account.unrealised(each) for each in listings), Decimal(0)))
    return {
        "asset": MARGIN,
        "walletBalance": wallet,
        "unrealizedProfit": unrealised,
        "marginBalance": plain(account.equity()),
        "maintMargin": eight(sum((account.maintenance(each) for each in listings), Decimal(0))),
        "initialMargin": eight(sum((account.initial(each) for each in listings), Decimal(0))),
        "crossWalletBalance": wallet,
        "crossUnPnl": unrealised,
        "availableBalance": available,
        "maxWithdrawAmount": available,
        "marginAvailable": True,
        "updateTime": account.exchange.now_ms(),
    }


def _held(listing: Listing, account: MarginAccount) -> dict[str, Json]:
    return {
        "symbol": binance.name(listing),
        "positionSide": "BOTH",
        "positionAmt": plain(account.position(listing).amount),
        "unrealizedProfit": eight(account.unrealised(listing)),
        "isolatedMargin": "0",
        "isolatedWallet": "0",
        "notional": eight(account.value(listing)),
        "initialMargin": eight(account.initial(listing)),
        "maintMargin": eight(account.maintenance(listing)),
        "updateTime": account.exchange.now_ms(),
    }


def _risk(listing: Listing, account: MarginAccount) -> Json:
    held, entry = _held(listing, account), plain(account.position(listing).entry)
    return held | {
        "entryPrice": entry,
        "breakEvenPrice": entry,
        "markPrice": plain(account.exchange.mark(listing)),
        "unRealizedProfit": held["unrealizedProfit"],
        "liquidationPrice": eight(account.liquidation_price(listing)),
        "marginAsset": listing.quote,
    }


def _payments(sent: Mapping[str, Json], account: MarginAccount) -> list[Funded]:
    """Oldest first. Of all that an income may be only funding is told here."""
    if sent.get("incomeType", FUNDING_FEE) != FUNDING_FEE:
        return []
    first, last = int(sent.get("startTime", 0)), int(sent.get("endTime", account.exchange.now_ms()))
    listings, limit = _asked(sent, account), min(int(sent.get("limit", 100)), 1000)
    found = [each for each in account.paid if each.listing in listings and first <= ms(each.at) <= last]
    return found[:limit] if "startTime" in sent else found[-limit:]


def _income(payment: Funded) -> Json:
    return {
        "symbol": binance.name(payment.listing),
        "incomeType": FUNDING_FEE,
        "income": plain(payment.amount),
        "asset": payment.listing.quote,
        "info": FUNDING_FEE,
        "time": ms(payment.at),
        "tranId": payment.number,
        "tradeId": "",
    }


def _fees(sent: Mapping[str, Json], account: MarginAccount) -> Json:
    exchange = account.exchange
    rates = {"makerCommissionRate": plain(exchange.maker), "takerCommissionRate": plain(exchange.taker)}
    return {"symbol": binance.name(binance.meant(exchange, sent["symbol"]))} | rates


def _settings(what: str, sent: Mapping[str, Json], account: MarginAccount) -> Answer:
    match what:
        case "positionSide/dual":
            return Answer({"dualSidePosition": False})
        case "accountConfig":
            return Answer({"feeTier": 0, "canTrade": True, "dualSidePosition": False, "multiAssetsMargin": False})
        case "symbolConfig":
            return Answer([_config(each, account) for each in _asked(sent, account)])
        case "leverageBracket":
            return Answer([_bracket(each) for each in _asked(sent, account)])
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _config(listing: Listing, account: MarginAccount) -> Json:
    shared = {"marginType": "CROSSED", "isAutoAddMargin": False, "maxNotionalValue": MOST_NOTIONAL}
    return shared | {"symbol": binance.name(listing), "leverage": account.leverage[listing]}


def _bracket(listing: Listing) -> Json:
    only = {"bracket": 1, "initialLeverage": MOST_LEVERAGE, "notionalFloor": 0, "notionalCap": int(MOST_NOTIONAL)}
    return {"symbol": binance.name(listing), "brackets": [only | {"maintMarginRatio": float(MAINTENANCE), "cum": 0.0}]}


def _set(what: str, sent: Mapping[str, Json], account: MarginAccount) -> Answer:
    """Leverage is what can be chosen; margin is shared by all positions, of which a market has one."""
    match what:
        case "leverage":
            return _set_leverage(sent, account)
        case "marginType" if sent["marginType"] == "CROSSED":
            return error(-4046, "No need to change margin type.")
        case "positionSide/dual" if str(sent["dualSidePosition"]).lower() == "false":
            return error(-4059, "No need to change position side.")
        case "marginType" | "positionSide/dual":
            raise RefusedError(Refusal.BAD_REQUEST)
    raise RefusedError(Refusal.UNKNOWN_PATH)


def _set_leverage(sent: Mapping[str, Json], account: MarginAccount) -> Answer:
    listing, leverage = binance.meant(account.exchange, sent["symbol"]), int(sent["leverage"])
    if not 1 <= leverage <= MOST_LEVERAGE:
        return error(-4028, f"Leverage {leverage} is not valid")
    account.leverage[listing] = leverage
    told = {"leverage": leverage, "maxNotionalValue": MOST_NOTIONAL}
    return Answer({"symbol": binance.name(listing)} | told)
