"""How much of each limit the books use. No price is asked for: what is held counts at what it cost."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.app import books as kept
from bot.app import coins as coin_names
from bot.app.books import Books
from bot.app.settings import Settings
from bot.model.account import Account
from bot.model.coins import Coins
from bot.model.decisions import Plan
from bot.model.errors import UserError
from bot.model.ledger import Ledger
from bot.model.markets import CHAIN, DOLLAR, Asset, underlying
from bot.model.orders import Kind, Order, Purpose
from bot.model.times import DAY, iso
from bot.model.trade import Trade
from bot.strategy import stakes, unhedging
from bot.strategy.stakes import Holdings, Stake

LOSSES = ("max_drawdown", "max_daily_loss")
RISKS = ("risk", "risk_per_bet")
PARTS = ("per_coin", "per_issuer", "per_mechanism", "per_venue", "exposure")
SHARES = (*LOSSES, *RISKS, *PARTS)


def told(settings: Settings, now: int, *, live: bool) -> dict[str, Any]:
    """As `repeg limits --json` prints it. UserError where there are no such books, JournalError for damaged ones."""
    check(settings)
    _kept(settings, live=live)
    known = coin_names.known(settings.coins)
    books = kept.read(settings, now, live=live)
    state, reason = kept.standing(settings, books.state, live=live)
    worth = books.state.desk.worth
    capital = _capital(books.account, known)
    parts, risks = _parts(books.account, known), _risks(settings, books.account, known)
    unknown = _unknown(books.account)
    used = _used(settings, books, parts) | {name: None if unknown else round(risks[name], 2) for name in RISKS}
    return {
        "state": state,
        "reason": reason,
        "books": "live" if live else "dry run",
        "capital_usd": round(capital, 2),
        "morning_usd": round(worth.morning, 2) if worth.marked.day == now // DAY else None,
        "peak_usd": round(worth.peak, 2) if worth.marked.day else None,
        "shares": {name: getattr(settings.desk, name) for name in SHARES},
        "limits": _limits(settings, books, capital, now // DAY),
        "used": used,
        "at_most": {name: round(usd, 2) for name, usd in risks.items() if unknown},
        "unknown": unknown,
        "by": {name: {each: round(usd, 2) for each, usd in found.items()} for name, found in parts.items()},
        "open": [_trade(each) for each in books.account.trades.values()],
        "venues": _venues(settings, books.account),
    }


def check(settings: Settings) -> None:
    """UserError where the state folder is something else, or lies below it; it need not be there yet."""
    folder = settings.folder
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not there.is_dir():
        raise UserError(f"the state folder {folder}: {there} is not a folder")


def _kept(settings: Settings, *, live: bool) -> None:
    """UserError where there are no books: nothing is known then, which is not that nothing is used."""
    if not settings.journal(live=live).exists():
        which, flag = ("live books", " --live") if live else ("books of dry runs", "")
        raise UserError(f"no {which} in {settings.folder}: `repeg run{flag}` writes them")


def _capital(account: Account, coins: Coins) -> float:
    """Dollars, and coins pegged to the dollar at one dollar; what is held of open trades, and owed, at its cost."""
    lying = sum(float(held) * _par(asset, coins) for (_, asset), held in account.balances.items())
    return lying + sum(_over_par(trade, _par(trade.coin, coins)) for trade in _held(account))


def _over_par(trade: Trade, par: float) -> float:
    """Dollars that a trade cost more than coins at par, and was sold short for less."""
    return trade.basis_usd - float(trade.net) * par + float(trade.short.open) * (par - trade.short.price)


def _par(asset: Asset, coins: Coins) -> float:
    return float(asset == DOLLAR or coins.peg(underlying(asset)) == DOLLAR)


def _held(account: Account) -> Iterator[Trade]:
    """Trades that hold a coin for longer than it takes to sell it elsewhere."""
    return (trade for trade in account.trades.values() if trade.kind != "pair")


def _entering(account: Account) -> Iterator[Order]:
    return (order for order in account.orders.values() if order.ticket.purpose is Purpose.ENTER)


def _bought(account: Account) -> Iterator[Order]:
    """Orders that may still buy what will be held."""
    its = (order for order in _entering(account) if order.ticket.kind != "pair")
    return (order for order in its if not order.ticket.market.perpetual)


def _asked(order: Order) -> float:
    """Dollars that it may still spend."""
    return float(order.remaining * order.ticket.limit) * order.ticket.quote_usd


def _parts(account: Account, coins: Coins) -> dict[str, dict[str, float]]:
    """Dollars held, and promised to orders that buy, by coin, issuer, mechanism and exchange."""
    bought = [(each.ticket.coin, each.ticket.market.holder, _asked(each)) for each in _bought(account)]
    held = [
        (trade.coin, venue, float(amount) * trade.cost_usd)
        for trade in _held(account)
        for venue, amount in trade.held.items()
    ]
    parts: dict[str, dict[str, float]] = {name: {} for name in PARTS if name != "exposure"}
    for coin, venue, usd in (*bought, *held):
        known = coins.by_symbol.get(coin)
        names = (coin, known.issuer if known else "", str(known.mechanism) if known else "", venue)
        for part, name in zip(parts.values(), names, strict=True):
            if name and usd:
                part[name] = part.get(name, 0.0) + usd
    return parts


def _staked(account: Account) -> Iterator[tuple[Kind, Asset, float]]:
    """What is held, and what orders may still buy: how, which coin, dollars that it cost or may cost."""
    yield from ((trade.kind, trade.coin, trade.basis_usd) for trade in _held(account))
    alone = ((trade, abs(float(unhedging.bare(trade)))) for trade in _held(account) if trade.kind == "hedged")
    yield from (("hold", trade.coin, bare * (trade.cost_usd or trade.short.price)) for trade, bare in alone if bare)
    yield from ((order.ticket.kind, order.ticket.coin, _asked(order)) for order in _bought(account))


def _risks(settings: Settings, account: Account, coins: Coins) -> dict[str, float]:
    """Dollars that are lost at worst, in all and of the coins that fall together: of a hold all that it cost."""
    found: dict[Asset, Stake] = {}
    for kind, coin, cost in _staked(account):
        lost = cost * (settings.desk.mandate().parted if kind == "hedged" else 1.0)
        found[coin] = Stake(0.0, found.get(coin, Stake()).risk + lost)
    all_ = Holdings(0.0, 0.0, found)
    bets = (all_.risk(stakes.together(coin, found, coins)) for coin in found)
    return dict(zip(RISKS, (all_.risk(found), max(bets, default=0.0)), strict=True))


def _unknown(account: Account) -> list[str]:
    """What the books do not tell, a line each."""
    holds = sorted({coin for kind, coin, cost in _staked(account) if kind == "hold" and cost})
    if not holds:
        return []
    return [f"what {', '.join(holds)} would lose at the stop only the bot that runs knows: at most all that was paid"]


def _limits(settings: Settings, books: Books, capital: float, today: int) -> dict[str, float]:
    desk, base = settings.desk, _base(books, capital, today)
    shares = {name: getattr(desk, name) * base.get(name, capital) for name in SHARES}
    return {
        "max_loan_usd": settings.risk.max_loan_usd,
        "max_failures": settings.risk.max_failures,
        "max_gas_eth": settings.risk.max_gas_eth,
        **{name: round(usd, 2) for name, usd in shares.items()},
        "most_usd": desk.most_usd,
    }


def _base(books: Books, capital: float, today: int) -> dict[str, float]:
    """Dollars that losses are a share of: as the bot has marked them, else what there would be without them."""
    worth, lost = books.state.desk.worth, _lost(books)
    marked = worth.marked.day and not worth.moved
    return {
        "max_drawdown": worth.peak if marked else capital + lost["max_drawdown"],
        "max_daily_loss": worth.morning if marked and worth.day == today else capital + lost["max_daily_loss"],
    }


def _used(settings: Settings, books: Books, parts: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    account, ledger = books.account, books.state.ledger
    most = {name: max(found.values(), default=0.0) for name, found in parts.items()}
    dollars = {
        **_lost(books),
        **most,
        "exposure": sum(parts["per_coin"].values()),
        "most_usd": max((_asked(order) for order in _entering(account)), default=0.0),
    }
    return {
        "max_loan_usd": round(max((_loan_usd(each.plan) for each in ledger.promised.values()), default=0.0), 2),
        "max_failures": _failures(ledger, settings.risk.failure_window),
        "max_gas_eth": ledger.gas_promised / 1e18,
        **{name: round(usd, 2) for name, usd in dollars.items()},
    }


def _loan_usd(plan: Plan) -> float:
    """Dollars that a plan borrows, at what its profit was thought to be worth."""
    loop = plan.loop
    return loop.amount * loop.profit_usd / loop.profit if loop.profit > 0 else 0.0


def _failures(ledger: Ledger, window: int) -> int:
    """Counted back from the last."""
    return ledger.failures_since(max(ledger.failures) - window) if ledger.failures else 0


def _lost(books: Books) -> dict[str, float]:
    """Dollars, of what was sold: since the books were at their best, and today."""
    lost = books.account.best_usd - books.earned, books.morning_usd - books.earned
    return {name: max(usd, 0.0) for name, usd in zip(LOSSES, lost, strict=True)}


def _venues(settings: Settings, account: Account) -> dict[str, str]:
    """Of every exchange in the books or the settings: ready, or why no order goes there."""
    there = account.seen | account.unready.keys() | set(settings.desk.venues)
    return {venue: _venue(venue, settings, account) for venue in sorted(there)}


def _venue(venue: str, settings: Settings, account: Account) -> str:
    from bot.venues.order_dialects import ORDER_DIALECTS

    if venue not in ORDER_DIALECTS and venue != CHAIN:
        return "repeg knows no exchange of that name that it could send orders to"
    if settings.desk.venues and venue not in settings.desk.venues and venue != CHAIN:
        return "desk.venues does not name it any more: what lies there is not traded"
    return account.ready(venue) or "ready"


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "id": trade.id,
        "kind": trade.kind,
        "coin": trade.coin,
        "opened": iso(trade.opened),
        "coins": str(trade.net),
        "short": str(trade.short.open),
        "cost_usd": round(trade.basis_usd, 2),
    }
