"""What is watched on a chain: loaded from a file, and checked against the chain before anything starts."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from bot.model.registry import Address, Coin, Lender, Pool, Registry
from bot.venues import verification
from bot.venues.multicall import Asking
from bot.venues.readers import Unreadable
from bot.venues.registry_file import RegistryError, load
from bot.venues.rpc import Rpc
from bot.venues.verification import Fault

__all__ = ["Dropped", "RegistryError", "Verified", "load", "verify"]

T = TypeVar("T")
Part = Literal["coin", "pool", "lender"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What the registry names and the chain denies."""

    name: str
    address: Address
    why: str
    part: Part


@dataclass(frozen=True, slots=True)
class Verified:
    """A registry of which every part was found on the chain, and what was left out of it."""

    registry: Registry
    dropped: tuple[Dropped, ...]


async def verify(registry: Registry, rpc: Rpc) -> Verified:
    """Asks every coin, pool and lender whether it is what the registry says. Raises `NodeDown`.

    Curve's order of coins and edition are taken from the contract. What hangs on a dropped coin is dropped with it.
    """
    head = await rpc.call("eth_getBlockByNumber", "latest", False)
    inquiry = _Inquiry(registry, Asking(rpc, head["hash"]))
    coins = {coin.address: coin for coin in await inquiry.coins()}
    pools, lenders = await asyncio.gather(inquiry.pools(coins), inquiry.lenders(coins))
    found = replace(registry, coins=coins, pools={pool.address: pool for pool in pools}, lenders=lenders)
    return Verified(found, await _explained(inquiry.dropped, rpc))


class _Inquiry:
    """The checks of one registry at one block, and what they found wanting."""

    def __init__(self, told: Registry, ask: Asking) -> None:
        self._told = told
        self._ask = ask
        self.dropped: list[Dropped] = []

    async def coins(self) -> list[Coin]:
        told = self._told.coins.values()
        return await self._kept(
            "coin", ((coin.symbol, coin.address, verification.coin(coin, self._ask)) for coin in told)
        )

    async def pools(self, coins: Mapping[Address, Coin]) -> list[Pool]:
        told = self._told.pools.values()
        return await self._kept("pool", ((pool.name, pool.address, self._pool(pool, coins)) for pool in told))

    async def lenders(self, coins: Mapping[Address, Coin]) -> tuple[Lender, ...]:
        lenders = await asyncio.gather(*(self._lender(lender, coins) for lender in self._told.lenders))
        return tuple(lender for lender in lenders if lender.tokens)

    async def _lender(self, told: Lender, coins: Mapping[Address, Coin]) -> Lender:
        loans = (
            (f"{told.name} {self._told.coins[token].symbol}", told.address, self._loan(told, token, coins))
            for token in told.tokens
        )
        tokens = await self._kept("lender", loans)
        return replace(told, tokens=tuple(tokens))

    async def _pool(self, told: Pool, coins: Mapping[Address, Coin]) -> Pool:
        self._stands(told.coins, coins)
        return await verification.pool(told, coins, self._ask)

    async def _loan(self, told: Lender, token: Address, coins: Mapping[Address, Coin]) -> Address:
        self._stands((token,), coins)
        return await verification.loan(told, token, self._ask)

    def _stands(self, wanted: Iterable[Address], coins: Mapping[Address, Coin]) -> None:
        for coin in wanted:
            if coin not in coins:
                raise Fault(f"its coin {self._told.coins[coin].symbol} was dropped")

    async def _kept(self, part: Part, checks: Iterable[tuple[str, Address, Awaitable[T]]]) -> list[T]:
        """What the checks return, without those that fail, whose reasons are kept."""
        results = await asyncio.gather(*(self._checked(part, *check) for check in checks))
        return [result[0] for result in results if result]

    async def _checked(self, part: Part, name: str, address: Address, check: Awaitable[T]) -> tuple[T] | None:
        try:
            return (await check,)
        except (Fault, Unreadable) as fault:
            self.dropped.append(Dropped(name, address, str(fault), part))
            return None


async def _explained(dropped: list[Dropped], rpc: Rpc) -> tuple[Dropped, ...]:
    """The reasons, "no code there" in place of what only follows from it."""
    codes = await rpc.batch([("eth_getCode", (each.address, "latest")) for each in dropped])
    return tuple(
        replace(each, why="no code there") if code == "0x" else each for each, code in zip(dropped, codes, strict=True)
    )
