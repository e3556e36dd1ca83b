"""Whatever happens to a desk, nothing forbidden is done, and a restart knows all that was."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model.account import Account
from bot.model.decisions import Action
from bot.model.events import Event
from bot.model.markets import DOLLAR
from bot.model.orders import Purpose, Side, Ticket
from bot.model.outlooks import Stance
from bot.model.times import SECOND
from bot.strategy import engine
from strategy.desks import (
    ALPHA,
    BETA,
    THOUGHTS,
    USDC,
    UST,
    at,
    command,
    ended,
    fill,
    opened,
    outlook,
    placed,
    refused,
    seen,
    told,
    world,
)

LOW = 0.9
SELL = Side.SELL


pytestmark = pytest.mark.usefixtures("thought")


PRICES = st.sampled_from((0.7, 0.79, 0.85, LOW, 0.93, 0.98, 0.995, 1.0, 1.01))
STEPS = st.one_of(
    st.tuples(st.just("look"), PRICES, PRICES),
    st.tuples(st.just("look"), st.just(LOW), st.just(LOW)),
    st.tuples(st.just("hear"), st.integers(0, 5), st.sampled_from(("0", "0.3", "1", "refused", "late"))),
    st.tuples(st.just("all"), st.sampled_from(("0", "0.3", "1")), st.none()),
    st.tuples(st.just("all"), st.just("1"), st.none()),
    st.tuples(st.just("fill and look"), PRICES, PRICES),
    st.tuples(st.just("one leg"), st.sampled_from((0.3, 1.0)), st.none()),
    st.tuples(st.just("late"), st.none(), st.none()),
    st.tuples(st.just("say"), st.sampled_from(("kill", "clear", "pause", "resume")), st.none()),
    st.tuples(st.just("venue"), st.sampled_from((ALPHA, BETA)), st.booleans()),
    st.tuples(st.just("think"), st.sampled_from(Stance), st.none()),
)


class Watched:
    """A world in which every order is held against what must never be."""

    def __init__(self) -> None:
        self.world = at(world(USDC=20_000, UST=5_000), share=1.0, risk=0.2, risk_per_bet=0.2, max_drawdown=0.5)
        self.before: Account = self.world.account
        self.names: set[str] = set()
        self.late: list[Event] = []
        self.hear(self.world.fall(USDC, LOW))

    def hear(self, came: list[Action]) -> None:
        """Nothing that comes of a look may do what is forbidden."""
        account = self.before
        for each in placed(came):
            assert each.id not in self.names
            self.names.add(each.id)
            assert account.ready(each.market.venue) is None
            needed, asset = (each.amount * each.limit, DOLLAR) if each.side is Side.BUY else (each.amount, each.coin)
            assert 0 < needed <= account.free(each.market.venue, asset)
            if each.purpose is Purpose.ENTER:
                self._may_begin(each, account)
            if each.purpose is Purpose.EXIT:
                asked = [
                    one for one in account.orders.values() if (one.ticket.trade, one.ticket.side) == (each.trade, SELL)
                ]
                assert sum(one.remaining for one in asked) + each.amount <= account.trades[each.trade].net
            account = told(account, [self._ordered(each)])
        self.before = self.world.account
        assert all(held >= 0 for held in self.before.balances.values())

    def _may_begin(self, of: Ticket, account: Account) -> None:
        standing = self.world.state.standing
        assert not standing.halted
        assert not standing.paused
        assert of.coin != UST or of.kind == "pair"
        alike = [order.ticket for order in account.orders.values() if order.ticket.kind == of.kind]
        assert {other.trade for other in alike if other.coin == of.coin} <= {of.trade}

    def _ordered(self, of: Ticket) -> Event:
        (found,) = (each for each in self.world.journal if getattr(each, "ticket", None) == of)
        return found

    def take(self, step: tuple[str, object, object]) -> None:
        """One thing that happens."""
        made = self.world
        match step:
            case ("look", float(one), float(other)):
                self.hear(made.look({(ALPHA, USDC): one, (BETA, USDC): other, (BETA, UST): one}, 15 * SECOND))
            case ("hear", int(which), str(what)):
                standing = [each.ticket for _, each in sorted(made.account.orders.items()) if each.final is None]
                if standing:
                    self._report(standing[which % len(standing)], what)
            case ("all", str(part), _):
                self._fill_all(Decimal(part))
            case ("one leg", float(part), _):
                self.take(("look", 0.93, 0.98))
                self.take(("hear", 0, str(part)))
                self._fill_all(Decimal(0))
            case ("fill and look", float(one), float(other)):
                self._fill_all(Decimal(1))
                self.take(("look", one, other))
            case ("late", _, _):
                self.hear(made.tell(*self.late))
            case ("say", str(word), _):
                self.hear(made.tell(command(made, word)))
            case ("venue", str(venue), bool(ready)):
                now = replace(seen(venue, made.now, ready=ready), balances=None)
                self.hear(made.tell(now))
            case ("think", Stance() as stance, _):
                THOUGHTS[USDC] = outlook(stance=stance)

    def _fill_all(self, part: Decimal) -> None:
        for each in [order.ticket for order in self.world.account.orders.values() if order.final is None]:
            self.hear(self.world.fill(each, part))

    def _report(self, of: Ticket, what: str) -> None:
        match what:
            case "refused":
                self.hear(self.world.tell(refused(of, self.world.now)))
            case "late":
                amount = (of.amount / 2).quantize(Decimal("0.01"))
                self.late.append(fill(of, 9, amount))
                self.hear(self.world.tell(opened(of), ended(of, amount)))
            case _:
                self.hear(self.world.fill(of, Decimal(what)))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_whatever_happens_nothing_forbidden_is_done_and_a_restart_knows_it_all(
    steps: list[tuple[str, object, object]],
) -> None:
    """No order over what is free or held, none to who is not ready, no name twice; the journal gives the same books."""
    THOUGHTS.clear()
    watched = Watched()
    for each in steps:
        watched.take(each)
    watched.hear(watched.world.tell(*watched.late))

    made = watched.world
    assert engine.resume(made.journal, made.policy).desk.account == made.account
