"""The border between an account and an exchange's own wire format: the private side. One file an exchange."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from bot.sandbox.wire.account import Account
from bot.sandbox.wire.orders import Denial, DeniedError, News, Rules
from bot.sandbox.wire.wire import Answer, Json, Line, Request

BAD_KEY = "bad"  # any other is good


class Desk(Protocol):
    """One exchange's private REST endpoints and streams. As a `Wire` it translates and keeps nothing."""

    rules: Rules
    denials: Mapping[Denial, Answer]

    def key(self, request: Request) -> str | None:
        """The key that a request is signed with; None where it is not signed."""
        ...

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


def check_key(desk: Desk, request: Request) -> None:
    """Raises DeniedError where a request is not signed, or with a key that is not good."""
    key = desk.key(request)
    if not key:
        raise DeniedError(Denial.UNSIGNED)
    if key == BAD_KEY:
        raise DeniedError(Denial.KEY)
