"""A chain with a till in the executor's place: it pays what a test laid in it, once, and reverts as the executor does.

What lies ready for a loan of `amount` is in storage slot `amount`; slot 0 counts the captures.
"""

import time
from dataclasses import dataclass

from bot.model.decisions import Approved, Hop, Loop, Plan
from bot.model.events import BlockSeen
from bot.model.registry import Address, Family, LenderKind, Pool, Registry
from bot.sandbox.node import Node
from bot.units import GWEI
from bot.venues import calldata
from bot.venues.keys import Signer

# anvil's first two accounts
SIGNER = Signer(bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"))
RIVAL = Signer(bytes.fromhex("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"))
TILL: Address = "0x7111000000000000000000000000000000007111"
USDC: Address = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
DAI: Address = "0x6B175474E89094C44Da98b954EedeAC495271d0F"
POOL: Address = "0x5777d92f208679DB4b9778590Fa3CAB3aC9e2168"
REGISTRY = Registry(1, {}, {POOL: Pool("pool", POOL, Family.UNISWAP_V3, (USDC, DAI))}, ())
CHAIN = ("--no-mining", "--chain-id", "1")

_OPCODES = {
    "ADD": 0x01, "SUB": 0x03, "GT": 0x11, "EQ": 0x14, "ISZERO": 0x15, "SHL": 0x1B, "CALLDATALOAD": 0x35,
    "BLOCKHASH": 0x40, "NUMBER": 0x43, "POP": 0x50, "MSTORE": 0x52, "SLOAD": 0x54, "SSTORE": 0x55, "JUMPI": 0x57,
    "JUMPDEST": 0x5B, "PUSH0": 0x5F, "DUP1": 0x80, "LOG2": 0xA2, "RETURN": 0xF3, "REVERT": 0xFD,
}  # fmt: skip
_COIN, _AMOUNT, _MIN_PROFIT, _PARENT = 68, 100, 132, 228  # where execute's calldata holds them

_PROGRAM = f"""
{_PARENT} CALLDATALOAD DUP1 ISZERO @after JUMPI
DUP1 1 NUMBER SUB BLOCKHASH EQ @after JUMPI
0xf8bef082 224 SHL PUSH0 MSTORE  1 NUMBER SUB BLOCKHASH 4 MSTORE  {_PARENT} CALLDATALOAD 36 MSTORE  68 PUSH0 REVERT
after: POP
{_AMOUNT} CALLDATALOAD SLOAD
DUP1 {_MIN_PROFIT} CALLDATALOAD GT ISZERO @pays JUMPI
0xc6e13739 224 SHL PUSH0 MSTORE  4 MSTORE  {_MIN_PROFIT} CALLDATALOAD 36 MSTORE  68 PUSH0 REVERT
pays:
PUSH0 {_AMOUNT} CALLDATALOAD SSTORE
1 PUSH0 SLOAD ADD PUSH0 SSTORE
{_AMOUNT} CALLDATALOAD PUSH0 MSTORE  DUP1 32 MSTORE
{_COIN} CALLDATALOAD {calldata.CAPTURED} 96 PUSH0 LOG2
PUSH0 MSTORE  32 PUSH0 RETURN
"""


def _assembled(program: str) -> bytes:
    """Bytecode of words that are opcodes, numbers to push, `label:` or `@label`."""
    places: dict[str, int] = {}
    for _ in range(2):  # the second time every label is known, and no length changes
        code = b""
        for word in program.split():
            if word.endswith(":"):
                places[word[:-1]] = len(code)
                code += bytes([_OPCODES["JUMPDEST"]])
            elif word.startswith("@"):
                code += bytes([0x61]) + places.get(word[1:], 0).to_bytes(2, "big")
            elif word in _OPCODES:
                code += bytes([_OPCODES[word]])
            else:
                number = int(word, 0)
                size = (number.bit_length() + 7) // 8
                code += bytes([0x5F + size]) + number.to_bytes(size, "big")
    return code


CODE = "0x" + _assembled(_PROGRAM).hex()


@dataclass
class Till:
    """The chain as a test moves it."""

    node: Node

    @classmethod
    def at(cls, url: str) -> "Till":
        """The till on the anvil at `url`, put there if it is not yet."""
        node = Node(url)
        node.rpc("anvil_setCode", TILL, CODE)
        return cls(node)

    def lay(self, amount: int, profit: int) -> None:
        """Have `profit` ready for whoever borrows `amount`."""
        self.node.rpc("anvil_setStorageAt", TILL, _word(amount), _word(profit))

    def mine(self) -> BlockSeen:
        """A block with what waits in the pool."""
        self.node.rpc("evm_mine")
        return self.head()

    def head(self) -> BlockSeen:
        """The last block."""
        block = self.node.rpc("eth_getBlockByNumber", "latest", False)
        timestamp, base_fee = int(block["timestamp"], 16), int(block["baseFeePerGas"], 16)
        return BlockSeen(
            made_at=timestamp * 10**9,
            seen_at=time.time_ns(),
            number=int(block["number"], 16),
            hash=block["hash"],
            parent_hash=block["parentHash"],
            timestamp=timestamp,
            base_fee=base_fee,
            next_base_fee=base_fee,
            pools=(),
            lenders=(),
        )

    def captures(self) -> int:
        """How often the till was emptied."""
        return int(self.node.rpc("eth_getStorageAt", TILL, "0x0", "latest"), 16)

    def used(self) -> int:
        """How many transactions of the signer the chain holds."""
        return int(self.node.rpc("eth_getTransactionCount", SIGNER.address, "latest"), 16)

    def waiting(self) -> int:
        """How many of the signer's transactions wait in the pool."""
        pool = self.node.rpc("txpool_content")
        return sum(
            len(transactions)
            for part in ("pending", "queued")
            for sender, transactions in pool[part].items()
            if sender.lower() == SIGNER.address.lower()
        )


def approved(
    name: str, amount: int = 1_000, profit: int = 50, *, gwei: int = 3, deadline: int = 2**40, parent: str = ""
) -> Approved:
    """A plan to borrow `amount` and to be paid `profit`, of which a tenth may be lost."""
    hops = (Hop(POOL, 0, 1, USDC, DAI), Hop(POOL, 1, 0, DAI, USDC))
    flow = (amount, amount, amount + profit)
    loop = Loop(hops, USDC, TILL, LenderKind.MORPHO_BLUE, amount, flow, 0, profit, 100_000, 1.0, 1.0)
    return Approved(Plan(name, loop, 0, parent, profit - profit // 10, deadline, gwei * GWEI, GWEI, 200_000))


def _word(number: int) -> str:
    return "0x" + number.to_bytes(32, "big").hex()
