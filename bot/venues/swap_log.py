"""The transactions of an order on chain, on disk before any node sees them: a file an order, named by its ticket.

The first line is the swap, each further one a signed transaction, or that the one before it was struck. What was cut
off in the midst of being written was never sent, and counts as not written.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bot.model.errors import UserError
from bot.model.orders import Side
from bot.model.registry import Address
from bot.venues.chain_swaps import Swap
from bot.venues.keys import FeeMarketTransaction, SignedTransaction

SUFFIX = ".jsonl"
Step = Literal["approve", "swap", "cancel"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A signed transaction. Of those under one nonce one at most is ever mined. Fees in wei per gas."""

    step: Step
    nonce: int
    to: Address
    data: str  # hex without 0x
    gas_limit: int
    max_fee_per_gas: int
    priority_fee: int
    hash: str
    raw: str  # 0x-hex, to broadcast it again

    @classmethod
    def of(cls, step: Step, transaction: FeeMarketTransaction, signed: SignedTransaction) -> "Attempt":
        """As it is kept."""
        return cls(
            step=step,
            nonce=transaction.nonce,
            to=transaction.to,
            data=transaction.data.hex(),
            gas_limit=transaction.gas_limit,
            max_fee_per_gas=transaction.max_fee_per_gas,
            priority_fee=transaction.priority_fee,
            hash=signed.hash,
            raw="0x" + signed.raw.hex(),
        )


class SwapLog:
    """What was signed for one order. Raises OSError where it cannot be written."""

    def __init__(self, path: Path, swap: Swap, attempts: Iterable[Attempt] = ()) -> None:
        self.swap = swap
        self._path = path
        self._attempts = list(attempts)

    @property
    def attempts(self) -> Sequence[Attempt]:
        """All of them, oldest first."""
        return self._attempts

    @property
    def flying(self) -> Sequence[Attempt]:
        """Those of the newest nonce, dearest last; empty before anything was signed."""
        return [each for each in self._attempts if each.nonce == self._attempts[-1].nonce]

    @property
    def cancelling(self) -> bool:
        """Whether the newest takes the others of its nonce back."""
        return bool(self._attempts) and self._attempts[-1].step == "cancel"

    def keep(self, attempt: Attempt) -> None:
        """Safe on disk when this comes back."""
        if not self._attempts:  # a swap that is there already may have been cut off
            _append(self._path, asdict(self.swap))
        _append(self._path, asdict(attempt))
        self._attempts.append(attempt)

    def strike(self) -> None:
        """No node has the newest one, nor will: it is as if it had not been signed."""
        _append(self._path, {"struck": self._attempts.pop().hash})

    def drop(self) -> None:
        """Forget it: it is known what became of it, and nothing of it is left on chain."""
        with suppress(FileNotFoundError):
            self._path.unlink()


def begin(folder: Path, swap: Swap) -> SwapLog:
    """A log of nothing yet: no file before something is signed."""
    return SwapLog(folder / f"{swap.order_id}{SUFFIX}", swap)


def kept(folder: Path) -> Iterator[SwapLog]:
    """Every log in a folder, made if it is not there. One without a line was never begun, and is not told.

    UserError where one cannot be read: what it holds may be on its way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        lines = [line for text in path.read_bytes().splitlines() if (line := _parsed(text)) is not None]
        if lines:
            try:
                yield _read(path, lines)
            except (KeyError, TypeError, ValueError):
                told = "this log of an order does not say what was signed for which swap"
                raise UserError(f"{path}: {told}: look at the wallet, then move it away") from None


def sent(folder: Path) -> list[SwapLog]:
    """Those of which something was signed; the others are forgotten. UserError as `kept`, or without the folder."""
    try:
        logs = list(kept(folder))
        for log in logs:
            if not log.attempts:
                log.drop()
    except OSError as error:
        raise UserError(f"the folder {folder} cannot be used: {error.strerror}") from None
    return [log for log in logs if log.attempts]


def _read(path: Path, lines: Iterable[dict[str, Any]]) -> SwapLog:
    swaps: list[Swap] = []
    signed: list[Attempt] = []
    for line in lines:
        if "struck" in line:  # the same transaction may be signed again, and is the same to the last digit
            signed = [each for each in signed if each.hash != line["struck"]]
        elif "order_id" in line:
            swaps.append(_swap(line))
        else:
            signed.append(Attempt(**line))
    if not swaps:
        raise KeyError("order_id")
    return SwapLog(path, swaps[0], signed)


def _swap(told: dict[str, Any]) -> Swap:
    return Swap(**{**told, "side": Side(told["side"])})


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _append(path: Path, told: dict[str, Any]) -> None:
    """A line of its own, whatever a death left at the end of the file; on disk for good, the file's name too."""
    new = not path.exists()
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        _write(opened, f"\n{json.dumps(told)}\n".encode())
        os.fsync(opened)
    finally:
        os.close(opened)
    if new:
        _sync(path.parent)


def _write(opened: int, text: bytes) -> None:
    while text:
        text = text[os.write(opened, text) :]


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
