"""Calls written as they are declared: `call("transfer(address,uint256)", to, amount)`."""

from functools import cache
from typing import Any

from eth_abi.abi import decode as decode_types
from eth_abi.abi import encode as encode_types
from eth_abi.grammar import TupleType, parse
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from bot.model.registry import Address


def call(signature: str, *args: object) -> str:
    """Calldata as 0x-hex."""
    return "0x" + _selector(signature).hex() + arguments(signature[signature.index("(") :], *args)


def arguments(types: str, *args: object) -> str:
    """Arguments alone, as hex without 0x: what follows a constructor's code. `types` is like "(address,uint256)"."""
    return encode_types(_split(types), args).hex()


def decode(types: str, data: str) -> tuple[Any, ...]:
    """What a call returned. Addresses come in lower case."""
    return decode_types(_split(types), bytes.fromhex(data.removeprefix("0x")))


def checksummed(address: str) -> Address:
    """An address as it came from a node, as the registry writes it."""
    return Address(to_checksum_address(address))


@cache
def _selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]


@cache
def _split(types: str) -> list[str]:
    if types == "()":
        return []
    parsed = parse(types)
    assert isinstance(parsed, TupleType)  # noqa: S101 - for the type checker: "(...)" parses to nothing else
    return [component.to_type_str() for component in parsed.components]
