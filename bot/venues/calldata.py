"""What DepegExecutor.sol is told and what it answers. The structs are those of IDepegExecutor.sol.

The order is laid out by hand: eth_abi gives the same bytes (the tests compare) thirty times slower, and this stands
between a block and the transaction that answers it. Answers come by eth_abi, from the compiled contract's ABI.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import default_codec
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from bot.model.decisions import Hop, Plan
from bot.model.registry import Address, Family, LenderKind, Pool, Registry
from bot.units import MAX_UINT256

EXECUTE = bytes.fromhex("3fc1a685")  # execute(Loan,Guard,Tip,Leg[])
OPERATOR = "0x570ca735"  # operator()
PAUSED = "0x5c975abb"  # paused()
CAPTURED = "0x932d11058c76fd86b020df3bbef2d7d130617d74de05a8508f23c6dbc2a4c478"  # its event of that name
ARTIFACT = Path(__file__).parents[2] / "out" / "DepegExecutor.sol" / "DepegExecutor.json"

ALL = MAX_UINT256
"""Spend everything the order has come to hold of a token."""

NO_ADDRESS: Address = "0x" + "0" * 40
NO_HASH = bytes(32)
FEE_PARTS = 100  # registry fees are parts per million, a Uniswap V2 leg's are parts per ten thousand


class Venue(IntEnum):
    """What a leg calls."""

    CURVE_INT128 = 0
    CURVE_UINT256 = 1
    CURVE_UNDERLYING = 2
    UNISWAP_V3 = 3
    UNISWAP_V2 = 4
    PSM_SELL_GEM = 5
    PSM_BUY_GEM = 6
    ERC4626_DEPOSIT = 7
    ERC4626_REDEEM = 8
    GENERIC = 9


@dataclass(frozen=True, slots=True)
class Loan:
    """What is borrowed, from whom. `source` is the lender; for Uniswap V3 the pool."""

    kind: LenderKind
    source: Address
    token: Address
    amount: int


@dataclass(frozen=True, slots=True)
class Guard:
    """What the chain must look like, or the whole reverts."""

    min_profit: int
    deadline: int  # unix seconds
    max_base_fee: int = 0  # wei; 0 for no ceiling
    parent_hash: bytes = NO_HASH  # of the block before the one this is mined in; zero for any


@dataclass(frozen=True, slots=True)
class Tip:
    """The builder's share of the profit. `pool` is the Uniswap V3 pool of the loan's token against WETH."""

    share_bps: int = 0
    pool: Address = NO_ADDRESS
    min_wei: int = 0


@dataclass(frozen=True, slots=True)
class Leg:
    """One exchange of one token for another."""

    venue: Venue
    target: Address
    token_in: Address
    token_out: Address
    amount_in: int = ALL
    i: int = 0
    j: int = 0
    spender: Address = NO_ADDRESS
    data: bytes = b""


def encode(plan: Plan, registry: Registry, tip_pool: Address | None) -> bytes:
    """The call that carries a plan out. The first leg spends exactly the loan, each later one all there is.

    `tip_pool` sells the loan's token for WETH to pay the builder; None where the token is WETH or no tip is paid.
    Raises KeyError when a hop's pool is not in the registry.
    """
    loop = plan.loop
    loan = Loan(loop.lender_kind, loop.lender, loop.token, loop.amount)
    parent = bytes.fromhex(plan.parent_hash.removeprefix("0x")) or NO_HASH
    guard = Guard(plan.min_profit, plan.deadline, parent_hash=parent)
    tip = Tip(plan.tip_bps, tip_pool or NO_ADDRESS, plan.min_tip) if plan.tip_bps else Tip()
    amounts = (loop.amount, *[ALL] * (len(loop.hops) - 1))
    legs = [leg(hop, registry.pools[hop.pool], amount) for hop, amount in zip(loop.hops, amounts, strict=True)]
    return encode_order(loan, guard, tip, legs)


def leg(hop: Hop, pool: Pool, amount_in: int) -> Leg:
    """A hop as the executor calls it."""
    forward = hop.i == 0
    i, j, spender = 0, 0, NO_ADDRESS
    match pool.family:
        case Family.CURVE | Family.CURVE_NG | Family.CURVE_META:
            venue, i, j = Venue.CURVE_INT128, hop.i, hop.j
        case Family.UNISWAP_V3:
            venue = Venue.UNISWAP_V3
        case Family.UNISWAP_V2:
            venue, i = Venue.UNISWAP_V2, pool.fee // FEE_PARTS
        case Family.PSM:
            venue = Venue.PSM_SELL_GEM if forward else Venue.PSM_BUY_GEM
            spender = pool.spender or NO_ADDRESS if forward else NO_ADDRESS  # the join takes gems, the PSM its DAI
        case Family.ERC4626:
            venue = Venue.ERC4626_DEPOSIT if forward else Venue.ERC4626_REDEEM
    return Leg(venue, pool.address, hop.coin_in, hop.coin_out, amount_in, i, j, spender)


def encode_order(loan: Loan, guard: Guard, tip: Tip, legs: Sequence[Leg]) -> bytes:
    """Calldata of `execute(loan, guard, tip, legs)`. OverflowError for amounts outside uint256."""
    head = (
        _word(loan.kind),
        _address(loan.source),
        _address(loan.token),
        _word(loan.amount),
        _word(guard.min_profit),
        _word(guard.deadline),
        _word(guard.max_base_fee),
        guard.parent_hash,
        _word(tip.share_bps),
        _address(tip.pool),
        _word(tip.min_wei),
        _word(HEAD_WORDS * 32),  # where the legs begin
    )
    return b"".join((EXECUTE, *head, *_array([_leg(each) for each in legs])))


@dataclass(frozen=True, slots=True)
class Captured:
    """The executor's own account of a capture: `profit` reached the treasury, `tip` in wei the builder."""

    token: Address
    amount: int
    profit: int
    tip: int


def decode_captured(log: Mapping[str, Any]) -> Captured | None:
    """A log of a receipt, if it tells of a capture. Anybody can write such a log: look at its address."""
    if log["topics"][:1] != [CAPTURED]:
        return None
    words = bytes.fromhex(log["data"][2:])
    amount, profit, tip = (int.from_bytes(words[at : at + 32], "big") for at in (0, 32, 64))
    return Captured(to_checksum_address("0x" + log["topics"][1][-40:]), amount, profit, tip)


def explained(data: str | None) -> str:
    """Revert data as a node gives it (0x-hex) as a person reads it; nothing where there is none."""
    return decode_error(bytes.fromhex(data[2:])) if data and data != "0x" else ""


def decode_error(data: bytes) -> str:
    """Revert data as a person reads it: `ProfitTooSmall(profit=3, minProfit=5)`; unknown errors as hex."""
    if not data:
        return "reverted without a reason"
    name, names, types = _errors().get(data[:4], ("", (), ()))
    try:
        values = default_codec.decode(types, data[4:])
    except DecodingError:
        name = ""
    if not name:
        return f"unknown error 0x{data.hex()}"
    return f"{name}({', '.join(f'{key}={_shown(value)}' for key, value in zip(names, values, strict=True))})"


@cache
def _errors() -> dict[bytes, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Name, argument names and types of each error by selector: Solidity's own two and the executor's."""
    known: dict[bytes, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
        bytes.fromhex("08c379a0"): ("Error", ("message",), ("string",)),
        bytes.fromhex("4e487b71"): ("Panic", ("code",), ("uint256",)),
    }
    abi = json.loads(ARTIFACT.read_text())["abi"] if ARTIFACT.exists() else []
    for entry in abi:
        if entry["type"] == "error":
            types = tuple(argument["type"] for argument in entry["inputs"])
            selector = keccak(text=f"{entry['name']}({','.join(types)})")[:4]
            known[selector] = (entry["name"], tuple(argument["name"] for argument in entry["inputs"]), types)
    return known


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


HEAD_WORDS = 12
LEG_WORDS = 9


def _array(items: Sequence[bytes]) -> list[bytes]:
    """A dynamic array of dynamic items: how many, where each begins, then they."""
    offsets, end = [], 32 * len(items)
    for item in items:
        offsets.append(_word(end))
        end += len(item)
    return [_word(len(items)), *offsets, *items]


def _leg(each: Leg) -> bytes:
    words = (
        _word(each.venue),
        _address(each.target),
        _address(each.spender),
        _address(each.token_in),
        _address(each.token_out),
        _word(each.amount_in),
        _word(each.i),
        _word(each.j),
        _word(LEG_WORDS * 32),  # where `data` begins
        _word(len(each.data)),
        each.data + bytes(-len(each.data) % 32),
    )
    return b"".join(words)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _address(address: Address) -> bytes:
    return bytes(12) + bytes.fromhex(address[2:])
