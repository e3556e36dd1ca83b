"""How much of each limit the books use. No price is asked for: what is held counts at what it cost."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.app import coins as coin_names
from bot.app import watching
from bot.app.killswitch import KillSwitch
from bot.app.settings import Settings
from bot.model.account import Account
from bot.model.coins import Coins
from bot.model.events import Event
from bot.model.ledger import Ledger
from bot.model.markets import DOLLAR, Asset
from bot.model.orders import Order, Purpose
from bot.model.times import DAY, iso
from bot.model.trade import Trade
from bot.records.journal import Journal
from bot.strategy.engine import State, step

SHARES = ("max_drawdown", "max_daily_loss", "risk", "risk_per_bet")
PARTS = ("per_coin", "per_issuer", "per_mechanism", "per_venue", "exposure")


@dataclass(frozen=True, slots=True)
class Books:
    """What a journal comes to."""

    state: State
    morning_usd: float  # earned when the day (UTC) began

    @property
    def account(self) -> Account:
        """Of the exchanges."""
        return self.state.desk.account


def told(settings: Settings, now: int, *, live: bool) -> dict[str, Any]:
    """As `repeg limits --json` prints it."""
    known = coin_names.known(settings.coins)
    path = settings.journal(live=live)
    books = _books(settings, known, now, live=live)
    switch = KillSwitch(settings.folder / "HALT")
    state, reason = _standing(books.state, switch, path.stem, there=settings.folder.is_dir())
    capital = _capital(books.account, known)
    parts = _parts(books.account, known)
    return {
        "state": state,
        "reason": reason,
        "books": "live" if live else "dry run",
        "capital_usd": round(capital, 2),
        "shares": {name: getattr(settings.desk, name) for name in (*SHARES, *PARTS)},
        "limits": _limits(settings, books, capital),
        "used": _used(settings, books, parts),
        "by": {name: {each: round(usd, 2) for each, usd in found.items()} for name, found in parts.items()},
        "open": [_trade(each) for each in books.account.trades.values()],
        "venues": {
            venue: books.account.ready(venue) or "ready"
            for venue in sorted(books.account.seen | books.account.unready.keys())
        },
    }


def _books(settings: Settings, coins: Coins, now: int, *, live: bool) -> Books:
    """From the journal; empty where there is none."""
    path = settings.journal(live=live)
    if not path.exists():
        return Books(State(), 0.0)
    journal = Journal.read_only(path)
    try:
        return _folded(journal.but_the_world(), settings, coins, now - now % DAY)
    finally:
        journal.close()


def _folded(events: Iterable[Event], settings: Settings, coins: Coins, today: int) -> Books:
    """The last state, and what was earned before today (ns UTC)."""
    policy = replace(watching.policy(coins, settings.detection.thresholds()), limits=settings.risk.limits())
    state, morning = State(), None
    for event in events:
        if morning is None and event.seen_at >= today:
            morning = _earned(state.desk.account)
        state, _ = step(state, event, policy)
    return Books(state, _earned(state.desk.account) if morning is None else morning)


def _earned(account: Account) -> float:
    return account.realised_usd + sum(trade.realised_usd for trade in account.trades.values())


def _standing(state: State, switch: KillSwitch, journal: str, *, there: bool) -> tuple[str, str | None]:
    """By the file, and by what the journal remembers unless it was resumed since."""
    if there and (pulled := switch.reason()):
        return "halted", pulled
    halted = None if there and switch.resuming(journal) else state.standing.halted
    if halted:
        return "halted", halted
    return ("paused", state.standing.paused) if state.standing.paused else ("active", None)


def _capital(account: Account, coins: Coins) -> float:
    """Dollars, and coins pegged to the dollar at one dollar; what is held of open trades at its cost."""
    lying = sum(float(held) * _par(asset, coins) for (_, asset), held in account.balances.items())
    return lying + sum(trade.basis_usd - float(trade.net) * _par(trade.coin, coins) for trade in _holds(account))


def _par(asset: Asset, coins: Coins) -> float:
    return float(asset == DOLLAR or coins.peg(asset) == DOLLAR)


def _holds(account: Account) -> Iterator[Trade]:
    return (trade for trade in account.trades.values() if trade.kind == "hold")


def _entering(account: Account) -> Iterator[Order]:
    return (order for order in account.orders.values() if order.ticket.purpose is Purpose.ENTER)


def _asked(order: Order) -> float:
    """Dollars that it may still spend."""
    return float(order.remaining * order.ticket.limit) * order.ticket.quote_usd


def _parts(account: Account, coins: Coins) -> dict[str, dict[str, float]]:
    """Dollars held, and promised to orders that buy, by coin, issuer, mechanism and exchange."""
    bought = [(each.ticket.coin, each.ticket.market.venue, _asked(each)) for each in _entering_holds(account)]
    held = [
        (trade.coin, venue, float(amount) * trade.cost_usd)
        for trade in _holds(account)
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


def _entering_holds(account: Account) -> Iterator[Order]:
    return (order for order in _entering(account) if order.ticket.kind == "hold")


def _limits(settings: Settings, books: Books, capital: float) -> dict[str, float]:
    desk, lost = settings.desk, _lost(books)
    shares = {name: getattr(desk, name) * (capital + lost.get(name, 0.0)) for name in (*SHARES, *PARTS)}
    return {
        "max_loan_usd": settings.risk.max_loan_usd,
        "max_failures": settings.risk.max_failures,
        "max_gas_eth": settings.risk.max_gas_eth,
        **{name: round(usd, 2) for name, usd in shares.items()},
        "most_usd": desk.most_usd,
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
        "max_loan_usd": None,
        "max_failures": _failures(ledger, settings.risk.failure_window),
        "max_gas_eth": ledger.gas_promised / 1e18,
        "risk": None,
        "risk_per_bet": None,
        **{name: round(usd, 2) for name, usd in dollars.items()},
    }


def _failures(ledger: Ledger, window: int) -> int:
    """Counted back from the last."""
    return ledger.failures_since(max(ledger.failures) - window) if ledger.failures else 0


def _lost(books: Books) -> dict[str, float]:
    """Dollars, of what was sold: since the books were at their best, and today."""
    earned, account = _earned(books.account), books.account
    return {
        "max_drawdown": max(account.best_usd - earned, 0.0),
        "max_daily_loss": max(books.morning_usd - earned, 0.0),
    }


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "id": trade.id,
        "kind": trade.kind,
        "coin": trade.coin,
        "opened": iso(trade.opened),
        "coins": str(trade.net),
        "cost_usd": round(trade.basis_usd, 2),
    }
