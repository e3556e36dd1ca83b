"""What a journal comes to, for whoever looks at it while a bot may be writing; and whether that bot may trade."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.app import coins as coin_names
from bot.app import watching
from bot.app.killswitch import KillSwitch
from bot.app.settings import Settings
from bot.model.account import Account
from bot.model.events import Event
from bot.model.times import DAY
from bot.records.journal import Journal
from bot.strategy.engine import Policy, State, step


@dataclass(frozen=True, slots=True)
class Books:
    """A journal's last state."""

    state: State
    morning_usd: float  # earned when the day (UTC) began

    @property
    def account(self) -> Account:
        """Of the exchanges."""
        return self.state.desk.account

    @property
    def earned(self) -> float:
        """Dollars, by what was sold."""
        return earned(self.account)


def read(settings: Settings, now: int, *, live: bool) -> Books:
    """From the journal; empty where there is none. `JournalError` for one that cannot be read."""
    path = settings.journal(live=live)
    if not path.exists():
        return Books(State(), 0.0)
    coins = coin_names.known(settings.coins)
    policy = replace(watching.policy(coins, settings.detection.thresholds()), limits=settings.risk.limits())
    journal = Journal.read_only(path)
    try:
        return _folded(journal.but_the_world(), policy, now - now % DAY)
    finally:
        journal.close()


def ever_kept(settings: Settings) -> bool:
    """Whether a bot of any chain, live or not, ever ran from the state folder."""
    return any(settings.folder.glob("journal-*.sqlite"))


def earned(account: Account) -> float:
    """Dollars, by what was sold of all trades."""
    return account.realised_usd + sum(trade.realised_usd for trade in account.trades.values())


def standing(settings: Settings, state: State, *, live: bool) -> tuple[str, str | None]:
    """Active, paused or halted, and why: by the file, and by what the journal remembers unless it was resumed since."""
    switch, there = KillSwitch(settings.folder / "HALT"), settings.folder.is_dir()
    if there and (pulled := switch.reason()):
        return "halted", pulled
    resumed = there and switch.resuming(settings.journal(live=live).stem)
    if state.standing.halted and not resumed:
        return "halted", state.standing.halted
    return ("paused", state.standing.paused) if state.standing.paused else ("active", None)


def _folded(events: Iterable[Event], policy: Policy, today: int) -> Books:
    """The last state, and what was earned before today (ns UTC)."""
    state, morning = State(), None
    for event in events:
        if morning is None and event.seen_at >= today:
            morning = earned(state.desk.account)
        state, _ = step(state, event, policy)
    return Books(state, earned(state.desk.account) if morning is None else morning)
