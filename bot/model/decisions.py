"""What we conclude. A decision is a value: nothing here does anything."""

from dataclasses import dataclass
from typing import Literal

from bot.model.registry import Address, LenderKind


@dataclass(frozen=True, slots=True)
class Hop:
    """One leg of a loop: `pool`'s coin number `i` in, number `j` out."""

    pool: Address
    i: int
    j: int
    coin_in: Address
    coin_out: Address


@dataclass(frozen=True, slots=True)
class Loop:
    """Borrow `amount` of `token`, walk the hops, repay with `fee`, keep `profit`. All in base units of `token`.

    `flow` is what goes into each hop and, last, what comes out: flow[0] == amount, flow[-1] == amount + fee + profit.
    """

    hops: tuple[Hop, ...]
    token: Address
    lender: Address
    lender_kind: LenderKind
    amount: int
    flow: tuple[int, ...]
    fee: int
    profit: int
    gas: int  # estimate, units of gas
    profit_usd: float  # before gas
    net_usd: float  # after gas at the fee that will be bid, and the builder's tip


@dataclass(frozen=True, slots=True)
class Plan:
    """A loop with what the chain must hold us to. `id` is unique within a journal."""

    id: str
    loop: Loop
    made_for: int  # the block whose state it was made from
    parent_hash: str  # of that block where it must be mined on top of it; "" where a later one will do
    min_profit: int  # the executor reverts below this; never 0
    deadline: int  # unix seconds
    max_fee_per_gas: int  # wei
    priority_fee: int  # wei
    gas_limit: int
    tip_bps: int = 0  # share of the profit for the block's builder
    min_tip: int = 0  # wei: the executor reverts when the share is sold for less


@dataclass(frozen=True, slots=True)
class Approved:
    """The only key: executors accept nothing else, and only `risk.review` makes one."""

    plan: Plan
    kind: Literal["approved"] = "approved"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not. Kept, because "why no trade?" is what operators ask most. `usd` is what was passed up."""

    reason: str
    block: int
    usd: float
    plan: Plan | None = None
    kind: Literal["refused"] = "refused"


Verdict = Approved | Refused


@dataclass(frozen=True, slots=True)
class Send:
    """Simulate, sign and broadcast."""

    approved: Approved


@dataclass(frozen=True, slots=True)
class Replace:
    """Send the same chance again under the same nonce, with these higher fees."""

    plan_id: str
    approved: Approved


@dataclass(frozen=True, slots=True)
class Cancel:
    """The chance has passed: take the transaction back by an empty one under its nonce."""

    plan_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Warn:
    """Tell the operator."""

    text: str


@dataclass(frozen=True, slots=True)
class Halt:
    """Stop sending until somebody clears it by hand."""

    reason: str


Action = Send | Replace | Cancel | Warn | Halt
