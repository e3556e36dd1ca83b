"""From a loop to a plan: what the chain must hold us to, and what we bid for a place in the block."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.amm.side import PoolState
from bot.model.decisions import Loop, Plan
from bot.model.events import BlockSeen
from bot.model.registry import Address, Pool
from bot.units import BPS, GWEI, mul_div_down, mul_div_up

TIP_GAS = 160_000  # a swap into WETH, its unwrapping, a transfer of ether


@dataclass(frozen=True, slots=True)
class Bidding:
    """How transactions are priced and guarded."""

    priority_fee: int = GWEI  # wei
    base_fee_headroom_bps: int = 2_700  # two full blocks' rise of the base fee
    raise_bps: int = 1_250  # on each replacement; nodes refuse less than a tenth
    tip_bps: int = 0  # share of the profit for the builder
    tip_pool: Pool | None = None  # turns a profit in its other coin into ether for the tip
    slack_bps: int = 50  # how much of the profit may be lost to drift before the executor reverts
    gas_headroom_bps: int = 5_000
    valid_for: int = 48  # seconds
    next_block_only: bool = False  # else a later block will do, while it pays and the deadline has not passed


@dataclass(frozen=True, slots=True)
class Tip:
    """What the builder gets of a plan's profit: parts per ten thousand, and how many wei that must be at least."""

    bps: int = 0
    min_wei: int = 0


NO_TIP = Tip()


def tip(loop: Loop, pools: Mapping[Address, PoolState], weth: Address, bidding: Bidding) -> Tip:
    """The tip, sold for no less than the pool gives now, but for the slack; none where the profit cannot be sold.

    A pool that the loop itself moves will be another when the tip is sold, so it does not serve.
    """
    share = mul_div_down(loop.profit, bidding.tip_bps, BPS)
    wei = share if loop.token == weth else _sold(loop, share, pools, weth, bidding.tip_pool)
    return Tip(bidding.tip_bps, mul_div_down(wei, BPS - bidding.slack_bps, BPS)) if wei else NO_TIP


def _sold(loop: Loop, share: int, pools: Mapping[Address, PoolState], weth: Address, pool: Pool | None) -> int:
    if pool is None or pool.address not in pools or loop.token not in pool.coins:
        return 0
    if any(hop.pool == pool.address for hop in loop.hops):
        return 0
    return pools[pool.address].side(pool.coins.index(loop.token), pool.coins.index(weth)).out(share) or 0


def gas_price(block: BlockSeen, bidding: Bidding, before: Plan | None = None) -> int:
    """Wei per gas that a transaction in the next block will pay; one that takes the place of `before` pays more."""
    return block.next_base_fee + (_raise(before.priority_fee, bidding) if before else bidding.priority_fee)


def plan(name: str, loop: Loop, block: BlockSeen, bidding: Bidding, tip: Tip = NO_TIP) -> Plan:
    """A plan for the block after `block`."""
    return Plan(
        id=name,
        loop=loop,
        made_for=block.number,
        parent_hash=block.hash if bidding.next_block_only else "",
        min_profit=min_profit(loop, bidding, tip),
        deadline=block.timestamp + bidding.valid_for,
        max_fee_per_gas=_max_fee(block, bidding.priority_fee, bidding),
        priority_fee=bidding.priority_fee,
        gas_limit=mul_div_up(loop.gas + (TIP_GAS if tip.bps else 0), BPS + bidding.gas_headroom_bps, BPS),
        tip_bps=tip.bps,
        min_tip=tip.min_wei,
    )


def raised(before: Plan, loop: Loop, block: BlockSeen, bidding: Bidding, tip: Tip = NO_TIP) -> Plan:
    """The same plan for a later block, at what `loop` now gives and a fee high enough to take the old one's place."""
    priority = _raise(before.priority_fee, bidding)
    max_fee = max(_raise(before.max_fee_per_gas, bidding), _max_fee(block, priority, bidding))
    fresh = plan(before.id, loop, block, bidding, tip)
    return replace(fresh, priority_fee=priority, max_fee_per_gas=max_fee)


def min_profit(loop: Loop, bidding: Bidding, tip: Tip) -> int:
    """The least profit after the tip that the executor may accept, in base units of the loan's token; at least 1."""
    kept = mul_div_down(loop.profit, BPS - tip.bps, BPS)
    return max(1, mul_div_down(kept, BPS - bidding.slack_bps, BPS))


def _max_fee(block: BlockSeen, priority: int, bidding: Bidding) -> int:
    return mul_div_up(block.next_base_fee, BPS + bidding.base_fee_headroom_bps, BPS) + priority


def _raise(fee: int, bidding: Bidding) -> int:
    return mul_div_up(fee, BPS + bidding.raise_bps, BPS) + 1
