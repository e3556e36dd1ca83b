"""How each lender is read: what it can lend now, and at what fee.

The fee is in the lender's own unit: none for Morpho, 1e18 parts for Balancer and ERC-3156, parts per ten thousand for
Aave, parts per million for Uniswap V3.
"""

from collections.abc import Callable, Sequence

from bot.model.events import LenderSeen
from bot.model.registry import Address, Lender, LenderKind
from bot.units import WAD
from bot.venues.multicall import Asking, Call, address, call, same, word
from bot.venues.readers import Reader, Unreadable

# Aave's ReserveConfigurationMap, by bit
ACTIVE, PAUSED, FLASH_LOANS = 1 << 56, 1 << 60, 1 << 63
ATOKEN = 8  # the word of getReserveData's answer where the aToken stands

Fee = Callable[[Sequence[int]], int]


async def reader(lender: Lender, token: Address, ask: Asking) -> Reader[LenderSeen]:
    """The reader of what one lender offers of one token. Raises `Unreadable` when it does not lend it at all."""
    match lender.kind:
        case LenderKind.MORPHO_BLUE:
            return _reader(lender, token, (_balance(token, lender.address),), lambda _: 0)
        case LenderKind.BALANCER_V2:
            return await _balancer(lender, token, ask)
        case LenderKind.AAVE_V3:
            return await _aave(lender, token, ask)
        case LenderKind.UNISWAP_V3:
            return await _uniswap(lender, token, ask)
        case LenderKind.ERC3156:
            return await _erc3156(lender, token, ask)


async def _balancer(lender: Lender, token: Address, ask: Asking) -> Reader[LenderSeen]:
    (collector,) = await ask(call(lender.address, "getProtocolFeesCollector()"))
    if collector is None:
        raise Unreadable("getProtocolFeesCollector() does not answer")
    calls = (_balance(token, lender.address), call(address(collector), "getFlashLoanFeePercentage()"))
    return _reader(lender, token, calls, lambda values: values[1])


async def _aave(lender: Lender, token: Address, ask: Asking) -> Reader[LenderSeen]:
    """Since version 3.1 the pool lends what it has booked, which a donation to the aToken does not raise."""
    reserve, booked = await ask(
        call(lender.address, "getReserveData(address)", token),
        call(lender.address, "getVirtualUnderlyingBalance(address)", token),
    )
    if reserve is None or not word(reserve, ATOKEN):
        raise Unreadable("it has no reserve of that token")
    calls = [
        _balance(token, address(reserve, ATOKEN)),
        call(lender.address, "FLASHLOAN_PREMIUM_TOTAL()"),
        call(lender.address, "getConfiguration(address)", token),
    ]
    if booked is not None:
        calls.append(call(lender.address, "getVirtualUnderlyingBalance(address)", token))

    def cash(values: Sequence[int]) -> int:
        balance, _fee, configuration, *virtual = values
        lends = configuration & ACTIVE and configuration & FLASH_LOANS and not configuration & PAUSED
        return min(balance, *virtual, balance) if lends else 0

    return _reader(lender, token, tuple(calls), lambda values: values[1], cash)


async def _uniswap(lender: Lender, token: Address, ask: Asking) -> Reader[LenderSeen]:
    fee, token0, token1 = await ask(
        call(lender.address, "fee()"), call(lender.address, "token0()"), call(lender.address, "token1()")
    )
    if fee is None or token0 is None or token1 is None:
        raise Unreadable("fee(), token0() or token1() does not answer")
    if not same(token, address(token0)) and not same(token, address(token1)):
        raise Unreadable("the token is none of the pool's two")
    parts = word(fee)
    return _reader(lender, token, (_balance(token, lender.address),), lambda _: parts)


async def _erc3156(lender: Lender, token: Address, ask: Asking) -> Reader[LenderSeen]:
    calls = (
        call(lender.address, "maxFlashLoan(address)", token),
        call(lender.address, "flashFee(address,uint256)", token, WAD),
    )
    if None in await ask(*calls):
        raise Unreadable("maxFlashLoan() or flashFee() does not answer for that token")
    return _reader(lender, token, calls, lambda values: values[1])


def _reader(
    lender: Lender, token: Address, calls: tuple[Call, ...], fee: Fee, cash: Fee = lambda values: values[0]
) -> Reader[LenderSeen]:
    def seen(answers: Sequence[bytes], _time: int) -> LenderSeen:
        values = [word(answer) for answer in answers]
        return LenderSeen(lender.address, lender.kind, token, cash(values), fee(values))

    return Reader(calls, seen)


def _balance(token: Address, holder: Address) -> Call:
    return call(token, "balanceOf(address)", holder)
