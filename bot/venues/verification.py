"""Whether what a registry says is so. What the chain denies is raised as `Fault`, with the reason."""

from collections.abc import Mapping
from dataclasses import replace

from bot.model.registry import Address, Coin, Family, Lender, Pool
from bot.venues import flash_loans, readers
from bot.venues.multicall import Asking, address, call, same, word
from bot.venues.readers import Unreadable


class Fault(Exception):  # noqa: N818 - the registry's, not the program's
    """What the contract says against what the registry says."""


async def coin(told: Coin, ask: Asking) -> Coin:
    """The coin, with the decimals told."""
    await _number(told.address, "decimals()", told.decimals, ask)
    return told


async def pool(told: Pool, coins: Mapping[Address, Coin], ask: Asking) -> Pool:
    """The pool as it is: of its family, between its coins, at its fee, and readable.

    The order of a Curve pool's coins and whether it is of the new generation are taken from the contract.
    """
    match told.family:
        case Family.CURVE | Family.CURVE_NG | Family.CURVE_META:
            told = await _curve(told, ask)
        case Family.UNISWAP_V3:
            await _coins(told, ("token0()", "token1()"), ask)
            await _number(told.address, "fee()", told.fee, ask)
            await _number(told.address, "tickSpacing()", told.tick_spacing, ask)
        case Family.UNISWAP_V2:
            await _coins(told, ("token0()", "token1()"), ask)
        case Family.PSM:
            await _coins(told, ("gem()", "dai()"), ask)
            await _spender(told, ask)
        case Family.ERC4626:
            await _coins(told, ("asset()",), ask)
            if told.coins[1] != told.address:
                raise Fault("the share must be the vault itself")
    await _reads(await readers.reader(told, coins, None, None, ask), ask)
    return told


async def loan(told: Lender, token: Address, ask: Asking) -> Address:
    """The token, which the lender lends."""
    await _reads(await flash_loans.reader(told, token, ask), ask)
    return token


async def _curve(told: Pool, ask: Asking) -> Pool:
    n = len(told.coins)
    listed = [call(told.address, f"coins({index})", i) for index in ("uint256", "int128") for i in range(n + 1)]
    found = await ask(*listed, call(told.address, "stored_rates()"), call(told.address, "offpeg_fee_multiplier()"))
    at = 0 if found[0] is not None else n + 1
    coins = [address(answer) for answer in found[at : at + n] if answer is not None]
    if len(coins) < n or found[at + n] is not None:
        raise Fault(f"does not have {n} coins")
    if {each.lower() for each in told.coins} != set(coins):
        raise Fault(f"its coins are {', '.join(coins)}")
    ordered = tuple(sorted(told.coins, key=lambda each: coins.index(each.lower())))
    return replace(told, coins=ordered, family=_edition(told.family, new=None not in found[-2:]))


def _edition(family: Family, *, new: bool) -> Family:
    if family is Family.CURVE_META:
        return family
    return Family.CURVE_NG if new else Family.CURVE


async def _coins(told: Pool, getters: tuple[str, ...], ask: Asking) -> None:
    answers = await ask(*(call(told.address, getter) for getter in getters))
    for getter, answer, expected in zip(getters, answers, told.coins, strict=False):
        if answer is None:
            raise Fault(f"{getter} does not answer")
        if not same(address(answer), expected):
            raise Fault(f"{getter} is {address(answer)}, not {expected}")


async def _number(at: Address, getter: str, expected: int, ask: Asking) -> None:
    (answer,) = await ask(call(at, getter))
    if answer is None:
        raise Fault(f"{getter} does not answer")
    if word(answer) != expected:
        raise Fault(f"{getter} is {word(answer)}, not {expected}")


async def _spender(told: Pool, ask: Asking) -> None:
    """Who pulls the gems in is the PSM's join, where it has one."""
    (join,) = await ask(call(told.address, "gemJoin()"))
    expected = told.spender or told.address
    if join is not None and not same(address(join), expected):
        raise Fault(f"gemJoin() is {address(join)}, not {expected}")


async def _reads(reader: readers.Reader[object], ask: Asking) -> None:
    answers = await ask(*reader.calls)
    found = [answer for answer in answers if answer is not None]
    if len(found) < len(answers):
        raise Unreadable("does not answer as others of its kind do")
    reader.seen(found, 0)
