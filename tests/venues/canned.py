"""Contracts that answer from a list: editions of real ones that are in no package registry."""

from collections.abc import Mapping

from bot.venues.multicall import selector

Answer = int | str | list[int]


def code(answers: Mapping[str, Answer | tuple[Answer, ...]]) -> str:
    """Runtime code that answers each signature with those words, whatever the arguments, and else reverts.

    A list is a dynamic array, and stands alone.
    """
    told = [(selector(signature), _words(answer)) for signature, answer in answers.items()]
    start = len(_DISPATCH) + sum(_ENTRY for _ in told) + len(_REFUSE)
    entries, bodies = b"", b""
    for chosen, words in told:
        entries += (
            b"\x80\x63" + bytes.fromhex(chosen) + b"\x14\x61" + (start + len(bodies)).to_bytes(2, "big") + b"\x57"
        )
        bodies += _body(words)
    return "0x" + (_DISPATCH + entries + _REFUSE + bodies).hex()


_DISPATCH = bytes.fromhex("5f3560e01c")  # PUSH0 CALLDATALOAD PUSH1 0xe0 SHR
_REFUSE = bytes.fromhex("5f5ffd")  # PUSH0 PUSH0 REVERT
_ENTRY = 11  # bytes: DUP1 PUSH4 selector EQ PUSH2 body JUMPI


def _body(words: list[int]) -> bytes:
    """JUMPDEST, each word stored in its place, all of them returned."""
    stores = (
        b"\x7f" + word.to_bytes(32, "big") + b"\x61" + (32 * i).to_bytes(2, "big") + b"\x52"
        for i, word in enumerate(words)
    )
    return b"\x5b" + b"".join(stores) + b"\x61" + (32 * len(words)).to_bytes(2, "big") + b"\x5f\xf3"


def _words(answer: Answer | tuple[Answer, ...]) -> list[int]:
    match answer:
        case str():
            return [int(answer, 16)]
        case list():
            return [32, len(answer), *answer]
        case tuple():
            return [word for each in answer for word in _words(each)]
        case int():
            return [answer]
