"""How each pool is read: which calls, and what their answers say. One function a family.

Making a reader asks the contract for what does not change: its dialect, and who else must be asked. The reader then
stands for every block. Money is in base units.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.model.events import CurveSeen, PoolSeen, PsmSeen, ReservesSeen, TicksSeen, VaultSeen
from bot.model.registry import Address, Coin, Family, Pool
from bot.units import RAY, mul_div_down
from bot.venues.multicall import Asking, Call, address, array, call, signed, word

T_co = TypeVar("T_co", covariant=True)
Rates = tuple[tuple[int, ...], int]  # multipliers to 18 decimals, and NG's offpeg_fee_multiplier

AMP_PRECISION = 100  # what CurveSeen.amp carries, and A() of the contracts without A_precise() lacks
BASE_CACHE_EXPIRES = 600  # seconds an early metapool trusts the virtual price it remembers
NOBODY: Address = "0x" + "0" * 40


class Unreadable(Exception):  # noqa: N818 - what the pool is
    """A contract does not answer as one of its family does. Says what was asked."""


@dataclass(frozen=True, slots=True)
class Reader(Generic[T_co]):
    """Reads one thing. `seen` takes the answers in the order of `calls`, none of them missing, and the block's time."""

    calls: tuple[Call, ...]
    seen: Callable[[Sequence[bytes], int], T_co]


async def reader(
    pool: Pool, coins: Mapping[Address, Coin], lp: Address | None, executor: Address | None, ask: Asking
) -> Reader[PoolSeen]:
    """The reader of a pool. `lp` is its LP token where another pool is built on it. Raises `Unreadable`."""
    match pool.family:
        case Family.CURVE | Family.CURVE_NG | Family.CURVE_META:
            return await curve(pool, coins, lp, ask)
        case Family.UNISWAP_V3:
            return price(pool)
        case Family.UNISWAP_V2:
            return reserves(pool)
        case Family.PSM:
            return await psm(pool, ask)
        case Family.ERC4626:
            return await vault(pool, coins, executor or NOBODY, ask)


async def curve(pool: Pool, coins: Mapping[Address, Coin], lp: Address | None, ask: Asking) -> Reader[PoolSeen]:
    """StableSwap. The oldest pools index their balances by int128 and have an A() without further digits."""
    at, n = pool.address, len(pool.coins)
    new, old, precise = await ask(
        call(at, "balances(uint256)", 0), call(at, "balances(int128)", 0), call(at, "A_precise()")
    )
    if new is None and old is None:
        raise Unreadable("balances(0) does not answer")
    balances = "balances(uint256)" if new is not None else "balances(int128)"
    amp, digits = (call(at, "A_precise()"), 1) if precise else (call(at, "A()"), AMP_PRECISION)
    rates = await _rates(pool, coins, ask)
    terms = (*(call(at, balances, i) for i in range(n)), amp, call(at, "fee()"))
    supply = (call(lp, "totalSupply()"),) if lp else ()
    first, last = len(terms), len(terms) + len(rates.calls)

    def seen(answers: Sequence[bytes], time: int) -> CurveSeen:
        multipliers, offpeg = rates.seen(answers[first:last], time)
        return CurveSeen(
            pool=at,
            balances=tuple(word(answer) for answer in answers[:n]),
            amp=word(answers[n]) * digits,
            fee=word(answers[n + 1]),
            rates=multipliers,
            offpeg_fee=offpeg,
            supply=word(answers[last]) if lp else 0,
        )

    return Reader((*terms, *rates.calls, *supply), seen)


async def _rates(pool: Pool, coins: Mapping[Address, Coin], ask: Asking) -> Reader[Rates]:
    at = pool.address
    stored, offpeg, cached = await ask(
        call(at, "stored_rates()"), call(at, "offpeg_fee_multiplier()"), call(at, "base_virtual_price()")
    )
    if stored is not None and offpeg is not None and len(stored) == 64 + 32 * len(pool.coins):
        return _stored_rates(pool)
    if pool.base is not None:
        own = 10 ** (36 - coins[pool.coins[0]].decimals)
        return _cached_rates(pool, pool.base, own) if cached is not None else _meta_rates(pool.base, own)
    plain = tuple(10 ** (36 - coins[coin].decimals) for coin in pool.coins)
    return Reader((), lambda _answers, _time: (plain, 0))


def _stored_rates(pool: Pool) -> Reader[Rates]:
    """StableSwap-NG: oracles, vaults and, in its metapools, the base's virtual price are in the rates."""
    calls = (call(pool.address, "stored_rates()"), call(pool.address, "offpeg_fee_multiplier()"))
    return Reader(calls, lambda answers, _time: (array(answers[0]), word(answers[1])))


def _meta_rates(base: Address, own: int) -> Reader[Rates]:
    """A metapool from the factory asks its base for the virtual price each time."""
    calls = (call(base, "get_virtual_price()"),)
    return Reader(calls, lambda answers, _time: ((own, word(answers[0])), 0))


def _cached_rates(pool: Pool, base: Address, own: int) -> Reader[Rates]:
    """A metapool from before the factory remembers its base's virtual price for ten minutes."""
    calls = (
        call(pool.address, "base_virtual_price()"),
        call(pool.address, "base_cache_updated()"),
        call(base, "get_virtual_price()"),
    )

    def seen(answers: Sequence[bytes], time: int) -> Rates:
        remembered, since, now = (word(answer) for answer in answers)
        return (own, now if time > since + BASE_CACHE_EXPIRES else remembered), 0

    return Reader(calls, seen)


def price(pool: Pool) -> Reader[PoolSeen]:
    """Uniswap V3, all but the ladder: see bot.venues.ladders."""

    def seen(answers: Sequence[bytes], _time: int) -> TicksSeen:
        slot0, liquidity = answers
        if not word(slot0):
            raise Unreadable("has no price yet")
        return TicksSeen(pool.address, word(slot0), signed(slot0, 1), word(liquidity), ticks=None)

    return Reader((call(pool.address, "slot0()"), call(pool.address, "liquidity()")), seen)


def reserves(pool: Pool) -> Reader[PoolSeen]:
    """Uniswap V2."""
    calls = (call(pool.address, "getReserves()"),)
    return Reader(calls, lambda answers, _time: ReservesSeen(pool.address, word(answers[0]), word(answers[0], 1)))


async def psm(pool: Pool, ask: Asking) -> Reader[PoolSeen]:
    """Maker's LitePSM, or a wrapper around one: DAI is paid from what the inner one holds, gems from its pocket."""
    gem, dai = pool.coins
    pocket, to18, inner = await ask(
        call(pool.address, "pocket()"), call(pool.address, "to18ConversionFactor()"), call(pool.address, "psm()")
    )
    if pocket is None or to18 is None:
        raise Unreadable("pocket() or to18ConversionFactor() does not answer")
    payer, paid = pool.address, dai
    if inner is not None:
        payer = address(inner)
        (legacy,) = await ask(call(payer, "dai()"))
        if legacy is None:
            raise Unreadable("the wrapped PSM's dai() does not answer")
        paid = address(legacy)
    calls = (
        call(pool.address, "tin()"),
        call(pool.address, "tout()"),
        call(paid, "balanceOf(address)", payer),
        call(gem, "balanceOf(address)", address(pocket)),
    )

    def seen(answers: Sequence[bytes], _time: int) -> PsmSeen:
        tin, tout, dai_room, gem_room = (word(answer) for answer in answers)
        return PsmSeen(pool.address, tin, tout, word(to18), dai_room, gem_room)

    return Reader(calls, seen)


PROBE = 987_654_321  # whole coins that a vault's ratio must convert to the unit


async def vault(pool: Pool, coins: Mapping[Address, Coin], executor: Address, ask: Asking) -> Reader[PoolSeen]:
    """ERC-4626. The executor holds no shares between transactions, so maxRedeem(executor) would say nothing.

    What can be redeemed is what the vault holds; Maker's savings vaults, known by their vat() or chi(), mint what they
    pay, up to all shares there are.
    """
    at, (asset, share) = pool.address, pool.coins
    vat, chi = await ask(call(at, "vat()"), call(at, "chi()"))
    mints = vat is not None or chi is not None
    offset = coins[share].decimals - coins[asset].decimals
    assets_in, shares_in = (PROBE * 10 ** coins[coin].decimals for coin in pool.coins)
    calls = (
        call(at, "convertToAssets(uint256)", RAY),
        call(at, "totalAssets()"),
        call(at, "totalSupply()"),
        call(at, "previewDeposit(uint256)", assets_in),
        call(at, "previewRedeem(uint256)", shares_in),
        call(at, "maxDeposit(address)", executor),
        call(asset, "balanceOf(address)", at),
    )

    def seen(answers: Sequence[bytes], _time: int) -> VaultSeen:
        worth, total, supply, deposited, redeemed, most, idle = (word(answer) for answer in answers)
        for assets, shares in ((worth, RAY), (total, supply), (total + 1, supply + 10 ** max(offset, 0))):
            right = assets and shares and mul_div_down(assets_in, shares, assets) == deposited
            if right and mul_div_down(shares_in, assets, shares) == redeemed:
                payable = supply if mints else min(supply, mul_div_down(idle, shares, assets))
                return VaultSeen(at, assets, shares, max_deposit=most, max_redeem=payable)
        raise Unreadable("previewDeposit and previewRedeem follow no ratio of assets to shares")

    return Reader(calls, seen)
