"""The rows of `repeg lenders` and `repeg pools`: what the registry names, as the chain has it now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.amm.lending import flash_fee
from bot.amm.side import PoolState
from bot.app.settings import Watch, load
from bot.model.events import BlockSeen, LenderSeen
from bot.model.pools import state_of
from bot.model.registry import LenderKind, Pool, Registry
from bot.units import BPS, to_decimal
from bot.venues import registry
from bot.venues.chain import ChainReader
from bot.venues.registry import Dropped
from bot.venues.rpc import Rpc

CALLBACKS = {
    LenderKind.MORPHO_BLUE: "onMorphoFlashLoan",
    LenderKind.BALANCER_V2: "receiveFlashLoan",
    LenderKind.AAVE_V3: "executeOperation",
    LenderKind.UNISWAP_V3: "uniswapV3FlashCallback",
    LenderKind.ERC3156: "onFlashLoan",
}
LARGE = 10**30  # a fee on so much shows its rate
Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Survey:
    """The registry as told, as found, and the newest block."""

    told: Registry
    found: Registry
    dropped: tuple[Dropped, ...]
    block: BlockSeen


async def lender_rows(config: Path | None, node: str | None, name: str | None) -> list[Row]:
    """One row for each lender and token, what was dropped last."""
    seen = await _survey(config, node, name)
    names = {lender.address: lender.name for lender in seen.found.lenders}
    rows = [_offer(offer, names[offer.lender], seen.found) for offer in seen.block.lenders]
    lent = {f"{lender.name} {seen.told.coins[token].symbol}" for lender in seen.told.lenders for token in lender.tokens}
    gone = [
        {"name": each.name, "address": each.address, "token": "", "cash": "", "fee_bps": "", "callback": ""}
        | {"verified": False, "why_not": each.why}
        for each in seen.dropped
        if each.name in lent
    ]
    return [*sorted(rows, key=lambda row: (row["token"], float(row["fee_bps"]))), *gone]


async def pool_rows(config: Path | None, node: str | None, name: str | None) -> list[Row]:
    """One row for each pool, with the marginal rates of its coins against the first, what was dropped last."""
    seen = await _survey(config, node, name)
    states = {news.pool: state_of(seen.found.pools[news.pool], news, None) for news in seen.block.pools}
    rows = [_pool(pool, states.get(pool.address), seen.found) for pool in seen.found.pools.values()]
    why = {each.address: each.why for each in seen.dropped if each.part == "pool"}
    gone = [
        _pool(pool, None, seen.told) | {"verified": False, "why_not": why[pool.address]}
        for pool in seen.told.pools.values()
        if pool.address in why
    ]
    return rows + gone


async def _survey(config: Path | None, node: str | None, name: str | None) -> Survey:
    settings = load(config, node=node)
    told = registry.load((Watch(registry=name) if name else settings.watch).registry)

    async def ask(rpc: Rpc) -> Survey:
        await rpc.check(settings.node.chain_id)
        verified = await registry.verify(told, rpc)
        head = await rpc.call("eth_getBlockByNumber", "latest", False)
        return Survey(told, verified.registry, verified.dropped, await ChainReader(rpc, verified.registry).read(head))

    return await _asked(Rpc(settings.node.urls, timeout=settings.node.timeout), ask)


async def _asked(rpc: Rpc, ask: Callable[[Rpc], Awaitable[T]]) -> T:
    try:
        return await ask(rpc)
    finally:
        await rpc.close()


def _offer(offer: LenderSeen, name: str, found: Registry) -> Row:
    coin = found.coins[offer.token]
    rate = flash_fee(offer.lender_kind, offer.fee, LARGE) / LARGE * BPS
    return {
        "name": name,
        "address": offer.lender,
        "token": coin.symbol,
        "cash": f"{to_decimal(offer.cash, coin.decimals):,.2f}",
        "fee_bps": f"{rate:.4g}",
        "callback": CALLBACKS[offer.lender_kind],
        "verified": True,
        "why_not": "",
    }


def _pool(pool: Pool, state: PoolState | None, known: Registry) -> Row:
    return {
        "name": pool.name,
        "address": pool.address,
        "family": str(pool.family),
        "coins": [known.coins[coin].symbol for coin in pool.coins],
        "rates": [] if state is None else [_rate(pool, state, j, known) for j in range(1, len(pool.coins))],
        "verified": True,
        "why_not": "" if state is not None else "cannot be read now",
    }


def _rate(pool: Pool, state: PoolState, j: int, known: Registry) -> str:
    """Whole coins number `j` for one whole first coin, at the margin, after the fee."""
    first, other = known.coins[pool.coins[0]], known.coins[pool.coins[j]]
    side = state.side(0, j)
    if side.cap == 0:
        return f"{other.symbol} closed"
    return f"{other.symbol} {side.rate(0.0)[1] * 10.0 ** (first.decimals - other.decimals):.6f}"
