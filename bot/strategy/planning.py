"""From a loop to a plan: what the chain must hold us to, and what we bid for a place in the block."""

from dataclasses import dataclass, replace

from bot.model.decisions import Loop, Plan
from bot.model.events import BlockSeen
from bot.model.registry import Address
from bot.units import BPS, GWEI, mul_div_down, mul_div_up

TIP_GAS = 160_000  # a swap into WETH, its unwrapping, a transfer of ether


@dataclass(frozen=True, slots=True)
class Bidding:
    """How transactions are priced and guarded."""

    priority_fee: int = GWEI  # wei
    base_fee_headroom_bps: int = 2_700  # two full blocks' rise of the base fee
    raise_bps: int = 1_250  # on each replacement; nodes refuse less than a tenth
    tip_bps: int = 0  # share of the profit for the builder
    tip_tokens: frozenset[Address] = frozenset()  # profits that can be turned into a tip
    slack_bps: int = 50  # how much of the profit may be lost to drift before the executor reverts
    gas_headroom_bps: int = 5_000
    valid_for: int = 48  # seconds
    next_block_only: bool = False  # else a later block will do, while it pays and the deadline has not passed


def gas_price(block: BlockSeen, bidding: Bidding, before: Plan | None = None) -> int:
    """Wei per gas that a transaction in the next block will pay; one that takes the place of `before` pays more."""
    return block.next_base_fee + (_raise(before.priority_fee, bidding) if before else bidding.priority_fee)


def plan(name: str, loop: Loop, block: BlockSeen, bidding: Bidding) -> Plan:
    """A plan for the block after `block`."""
    tip_bps = _tip_bps(loop, bidding)
    return Plan(
        id=name,
        loop=loop,
        made_for=block.number,
        parent_hash=block.hash if bidding.next_block_only else "",
        min_profit=min_profit(loop, bidding),
        deadline=block.timestamp + bidding.valid_for,
        max_fee_per_gas=_max_fee(block, bidding.priority_fee, bidding),
        priority_fee=bidding.priority_fee,
        gas_limit=mul_div_up(loop.gas + (TIP_GAS if tip_bps else 0), BPS + bidding.gas_headroom_bps, BPS),
        tip_bps=tip_bps,
    )


def raised(before: Plan, loop: Loop, block: BlockSeen, bidding: Bidding) -> Plan:
    """The same plan for a later block, at what `loop` now gives and a fee high enough to take the old one's place."""
    priority = _raise(before.priority_fee, bidding)
    max_fee = max(_raise(before.max_fee_per_gas, bidding), _max_fee(block, priority, bidding))
    fresh = plan(before.id, loop, block, bidding)
    return replace(fresh, priority_fee=priority, max_fee_per_gas=max_fee)


def min_profit(loop: Loop, bidding: Bidding) -> int:
    """The least profit after the tip that the executor may accept, in base units of the loan's token; at least 1."""
    kept = mul_div_down(loop.profit, BPS - _tip_bps(loop, bidding), BPS)
    return max(1, mul_div_down(kept, BPS - bidding.slack_bps, BPS))


def _tip_bps(loop: Loop, bidding: Bidding) -> int:
    return bidding.tip_bps if loop.token in bidding.tip_tokens else 0


def _max_fee(block: BlockSeen, priority: int, bidding: Bidding) -> int:
    return mul_div_up(block.next_base_fee, BPS + bidding.base_fee_headroom_bps, BPS) + priority


def _raise(fee: int, bidding: Bidding) -> int:
    return mul_div_up(fee, BPS + bidding.raise_bps, BPS) + 1
