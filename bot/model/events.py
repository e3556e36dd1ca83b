"""What we learn. Every event carries `made_at` (block time or the venue's clock) and `seen_at` (ours), ns UTC.

Frozen dataclasses of plain values: the journal writes them as JSON and reads back an equal value.
"""

from dataclasses import dataclass
from typing import Literal

from bot.model.decisions import Plan
from bot.model.markets import Asset, Market
from bot.model.orders import OrderEvent
from bot.model.registry import Address, LenderKind


@dataclass(frozen=True, slots=True)
class CurveSeen:
    """A StableSwap pool as read. `amp` is in hundredths: A_precise(), or 100 * A() where there is none."""

    pool: Address
    balances: tuple[int, ...]
    amp: int
    fee: int  # parts of 1e10
    rates: tuple[int, ...]  # 1e18-scaled multipliers to 18 decimals, the base LP's virtual price included
    offpeg_fee: int = 0  # NG: offpeg_fee_multiplier, parts of 1e10
    supply: int = 0  # LP tokens: needed where the pool is the base of a metapool
    kind: Literal["curve"] = "curve"


@dataclass(frozen=True, slots=True)
class TicksSeen:
    """A Uniswap V3 pool as read. `ticks` is None when the ladder is the one last seen."""

    pool: Address
    sqrt_price: int
    tick: int
    liquidity: int
    ticks: tuple[tuple[int, int], ...] | None  # (tick, liquidityNet), ascending
    kind: Literal["ticks"] = "ticks"


@dataclass(frozen=True, slots=True)
class ReservesSeen:
    """A Uniswap V2 pair as read."""

    pool: Address
    reserve0: int
    reserve1: int
    kind: Literal["reserves"] = "reserves"


@dataclass(frozen=True, slots=True)
class PsmSeen:
    """A Maker-style PSM as read. A fee of 2**256 - 1 means halted."""

    pool: Address
    tin: int  # WAD
    tout: int  # WAD
    to18: int  # multiplier from the gem's decimals to 18
    dai_room: int  # DAI that selling gems can still yield
    gem_room: int  # gems that can still be bought
    kind: Literal["psm"] = "psm"


@dataclass(frozen=True, slots=True)
class VaultSeen:
    """An ERC-4626 vault as read: shares = assets * `shares` // `assets`, and back."""

    pool: Address
    assets: int
    shares: int
    max_deposit: int  # assets
    max_redeem: int  # shares
    kind: Literal["vault"] = "vault"


PoolSeen = CurveSeen | TicksSeen | ReservesSeen | PsmSeen | VaultSeen


@dataclass(frozen=True, slots=True)
class LenderSeen:
    """What one lender offers of one token now. `fee` in the lender's own unit, see bot.amm.lending.flash_fee."""

    lender: Address
    lender_kind: LenderKind
    token: Address
    cash: int
    fee: int


@dataclass(frozen=True, slots=True)
class BlockSeen:
    """A new head, with every watched pool and lender that differs from the last one sent. One block, one event."""

    made_at: int
    seen_at: int
    number: int
    hash: str
    parent_hash: str
    timestamp: int
    base_fee: int  # of this block, wei
    next_base_fee: int  # of the block being built, wei
    pools: tuple[PoolSeen, ...]
    lenders: tuple[LenderSeen, ...]
    gone: tuple[Address, ...] = ()  # pools that could not be read at this block: no quote from them
    kind: Literal["block"] = "block"


@dataclass(frozen=True, slots=True)
class Quote:
    """The best bid and ask of one market, estimates. None or 0 size: nobody stands on that side.

    `made_at` is the venue's own clock where it tells (0 where not). Prices in `quote` per `base`, sizes in base units.
    """

    made_at: int
    seen_at: int
    venue: str  # ccxt's id of an exchange, or "chain:<pool name>"
    base: Asset
    quote: Asset
    bid: float | None
    ask: float | None
    bid_size: float = 0.0  # within a few basis points of the touch, as far as the venue shows
    ask_size: float = 0.0

    @property
    def market(self) -> Market:
        """Where it stands."""
        return Market(self.venue, self.base, self.quote)


@dataclass(frozen=True, slots=True)
class QuotesSeen:
    """What the mailbox held when we looked: the newest quote of each market that changed. One look, one event."""

    made_at: int
    seen_at: int
    quotes: tuple[Quote, ...]
    gone: tuple[Market, ...] = ()  # markets that stopped: their last quote no longer counts
    kind: Literal["quotes"] = "quotes"


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""

    made_at: int
    seen_at: int
    kind: Literal["tick"] = "tick"


@dataclass(frozen=True, slots=True)
class Command:
    """An operator's word: pause, resume, or kill (which only a person clears)."""

    made_at: int
    seen_at: int
    word: Literal["pause", "resume", "kill", "clear"]
    why: str = ""
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class Decided:
    """What is about to be sent, written by the executor before it signs: the journal's own copy of the plan.

    A record, not news: it changes no state. A replacement is written again under the id of what it replaces.
    """

    made_at: int
    seen_at: int
    plan: Plan
    kind: Literal["decided"] = "decided"


@dataclass(frozen=True, slots=True)
class Marked:
    """What all that lies at exchanges was worth when the day began, and at best so far: dollars.

    Breakers measure losses from it, so it outlives a restart.
    """

    made_at: int
    seen_at: int
    day: int  # since 1970, UTC
    morning: float
    peak: float
    kind: Literal["marked"] = "marked"


# Reports: what became of an action. Every Send ends in exactly one final report: Mined, Reverted, Rejected or Expired.
# A reorg that throws a mined transaction out reopens it with Unmined, and it ends once more.


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction exists and may be on its way. Written to disk before it is broadcast, so a restart can adopt it."""

    made_at: int
    seen_at: int
    plan_id: str
    nonce: int
    hash: str
    raw: str  # 0x-hex, to broadcast it again
    max_fee_per_gas: int
    priority_fee: int
    purpose: Literal["capture", "cancel"] = "capture"
    kind: Literal["signed"] = "signed"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A node took it."""

    made_at: int
    seen_at: int
    plan_id: str
    hash: str
    kind: Literal["accepted"] = "accepted"


@dataclass(frozen=True, slots=True)
class Mined:
    """It captured. `profit` is what reached the treasury, base units of `token`, from the executor's own event."""

    made_at: int
    seen_at: int
    plan_id: str
    hash: str
    block: int
    block_hash: str
    gas_used: int
    gas_price: int  # effective, wei
    token: Address
    profit: int
    kind: Literal["mined"] = "mined"


@dataclass(frozen=True, slots=True)
class Reverted:
    """It was mined and failed: gas is lost, nothing else. `reason` is the decoded custom error."""

    made_at: int
    seen_at: int
    plan_id: str
    hash: str
    block: int
    block_hash: str
    gas_used: int
    gas_price: int
    reason: str
    kind: Literal["reverted"] = "reverted"


@dataclass(frozen=True, slots=True)
class Rejected:
    """It was never broadcast: simulation disagreed with the plan, or the node refused it."""

    made_at: int
    seen_at: int
    plan_id: str
    reason: str
    kind: Literal["rejected"] = "rejected"


@dataclass(frozen=True, slots=True)
class Expired:
    """It will never be mined: dropped, cancelled, or its nonce went to another transaction."""

    made_at: int
    seen_at: int
    plan_id: str
    reason: str
    kind: Literal["expired"] = "expired"


@dataclass(frozen=True, slots=True)
class Unmined:
    """A reorg threw it out of the chain: it is in flight again."""

    made_at: int
    seen_at: int
    plan_id: str
    hash: str
    kind: Literal["unmined"] = "unmined"


Final = Mined | Reverted | Rejected | Expired
Report = Signed | Accepted | Mined | Reverted | Rejected | Expired | Unmined
Event = BlockSeen | QuotesSeen | Tick | Command | Decided | Marked | Report | OrderEvent
