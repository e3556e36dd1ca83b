"""The border between an account and an exchange's own wire format: the private side. One file an exchange."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from bot.sandbox.wire.account import Account
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.orders import Denial, DeniedError, Funded, News, Rules
from bot.sandbox.wire.wire import Answer, Json, Line, Request

BAD_KEY = "bad"  # any other is good


class Desk(Protocol):
    """One exchange's private REST endpoints and streams. As a `Wire` it translates and keeps nothing."""

    rules: Rules
    denials: Mapping[Denial, Answer]
    account: type[Account] = Account  # what its accounts are like
    window: int = 5_000  # ms that the clock of a client may be off, where its requests tell a time

    def key(self, request: Request) -> str | None:
        """The key that a request is signed with; None where it is not signed."""
        ...

    def stamp(self, request: Request) -> int | None:  # noqa: ARG002 - for those that want to know
        """Ms UTC that a request was made at, by its client; None where it does not tell."""
        return None

    def asked(self, request: Request) -> bool:
        """Whether a request is for the desk."""
        ...

    def answer(self, request: Request, account: Account) -> Answer:
        """The answer to a request that is signed. Raises RefusedError and DeniedError."""
        ...

    def dialled(self, line: "PrivateLine") -> None:  # noqa: ARG002 - for those whose URLs say more than where
        """Begins the private streams that the URL of a socket asks for: most ask for none."""
        return

    def hear(self, message: Json, line: "PrivateLine") -> bool:
        """Acts on a client's message if it is for the desk, and says whether it was. Raises RefusedError."""
        ...

    def news(self, news: News, line: "PrivateLine") -> Iterable[Json]:
        """What a socket says of what became of an order, with the private streams it has."""
        ...

    def funded(self, funded: Funded, line: "PrivateLine") -> Iterable[Json]:  # noqa: ARG002 - where positions are
        """What a socket says of what a position paid or was paid."""
        return ()

    def denied(self, why: Denial) -> Answer:
        """A denial in the exchange's words."""
        return self.denials[why]


class PrivateLine(Line, Protocol):
    """One client's socket, as a desk sees it."""

    private: set[str]  # its private streams, by the exchange's names

    @property
    def account(self) -> Account:
        """Whose orders are told of."""
        ...

    def attend(self, topic: str) -> None:
        """Begins a private stream."""
        ...


def check(desk: Desk, request: Request, exchange: Exchange) -> None:
    """Raises DeniedError where a request is not signed, or with a key that is not good, or by a clock that is off.

    Clocks are compared only while the exchange's is set off on purpose: a test may have a time of its own.
    """
    key = desk.key(request)
    if not key:
        raise DeniedError(Denial.UNSIGNED)
    if key == BAD_KEY:
        raise DeniedError(Denial.KEY)
    stamp = desk.stamp(request) if exchange.skew else None
    if stamp is not None and abs(stamp - exchange.now_ms()) > desk.window:
        raise DeniedError(Denial.CLOCK)
