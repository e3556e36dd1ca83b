"""What is in flight: a fold over decisions and reports, the same for those just made and those a journal remembers."""

from dataclasses import dataclass, field
from itertools import count

from bot.model.decisions import Plan
from bot.model.events import Accepted, Decided, Event, Expired, Mined, Rejected, Reverted, Signed, Unmined

REMEMBERED = 64  # empty transactions


@dataclass(slots=True)
class Flight:
    """One plan, its nonce, and every transaction signed under it. At most one of them can ever be mined."""

    plan: Plan
    attempts: list[Signed] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)  # hashes that a node took
    landed: Mined | Reverted | None = None
    why_cancelled: str = ""
    dropped: int = 0  # times no node knew any of the attempts
    overtaken: int | None = None  # first block at which the nonce was used, and by none of the attempts

    @property
    def nonce(self) -> int:
        """The nonce of all attempts."""
        return self.attempts[0].nonce

    @property
    def last(self) -> Signed:
        """The attempt with the highest fees."""
        return self.attempts[-1]

    @property
    def cancelling(self) -> bool:
        """Whether the newest attempt takes the others back."""
        return self.last.purpose == "cancel"


class Flights:
    """Every plan that may still reach the chain, or was mined so lately that a reorg may throw it out."""

    def __init__(self) -> None:
        self._decided: dict[str, Plan] = {}  # not signed yet
        self._open: dict[str, Flight] = {}
        self._landed: dict[str, Flight] = {}
        self._emptied: dict[int, Signed] = {}  # what took the place of a plan's transactions, by nonce
        self._begun: set[str] = set()

    def observe(self, event: Event) -> None:
        """Take in a decision or a report; other events change nothing, nor does news of a plan that is not here."""
        match event:
            case Decided(plan=plan):
                self._decide(plan)
            case Signed():
                self._sign(event)
            case Accepted(plan_id=plan_id) if plan_id in self._open:
                self._open[plan_id].accepted.add(event.hash)
            case Mined(plan_id=plan_id) | Reverted(plan_id=plan_id) if plan_id in self._open:
                flight = self._landed[plan_id] = self._open.pop(plan_id)
                flight.landed = event
            case Unmined(plan_id=plan_id) if plan_id in self._landed:
                flight = self._open[plan_id] = self._landed.pop(plan_id)
                flight.landed, flight.dropped, flight.overtaken = None, 0, None
            case Rejected(plan_id=plan_id) | Expired(plan_id=plan_id):
                self._decided.pop(plan_id, None)
                self._end(self._open.pop(plan_id, None))
            case _:
                pass

    def begun(self, plan_id: str) -> bool:
        """Whether a plan of this name was ever taken up: a name is not sent twice."""
        return plan_id in self._begun

    def flying(self, plan_id: str) -> Flight | None:
        """The flight of a plan without a final report."""
        return self._open.get(plan_id)

    def in_flight(self) -> list[Flight]:
        """Flights without a final report, oldest nonce first."""
        return sorted(self._open.values(), key=lambda flight: flight.nonce)

    def landed(self) -> list[Flight]:
        """Flights mined lately."""
        return list(self._landed.values())

    def missing(self, used: int) -> list[Signed]:
        """Empty transactions that later nonces wait for, the chain holding `used`: a reorg threw them out."""
        taken = {flight.nonce for flight in self._open.values()}
        gone = (nonce for nonce in sorted(self._emptied) if used <= nonce < max(taken, default=used))
        return [self._emptied[nonce] for nonce in gone if nonce not in taken]

    def unsigned(self) -> list[str]:
        """Plans decided and neither signed nor ended: whoever decided them was stopped in between."""
        return list(self._decided)

    def forget(self, before: int) -> None:
        """Stop watching for reorgs what landed in blocks before this one."""
        deep = [name for name, flight in self._landed.items() if flight.landed and flight.landed.block < before]
        for name in deep:
            del self._landed[name]

    def free_nonce(self, used: int) -> int:
        """The lowest nonce that neither the chain, with its `used` transactions, nor a flight has taken."""
        taken = {flight.nonce for flight in self._open.values()}
        return next(nonce for nonce in count(used) if nonce not in taken)

    def _decide(self, plan: Plan) -> None:
        self._begun.add(plan.id)
        flight = self._open.get(plan.id)
        if flight is None:
            self._decided[plan.id] = plan
        else:
            flight.plan = plan

    def _end(self, flight: Flight | None) -> None:
        """Without a report of where it landed: what took its place in the chain is remembered, for a while."""
        if flight is not None and flight.cancelling:
            self._emptied[flight.nonce] = flight.last
            while len(self._emptied) > REMEMBERED:
                del self._emptied[min(self._emptied)]

    def _sign(self, signed: Signed) -> None:
        plan = self._decided.pop(signed.plan_id, None)
        if plan is not None:
            self._open[signed.plan_id] = Flight(plan)
        self._open[signed.plan_id].attempts.append(signed)
