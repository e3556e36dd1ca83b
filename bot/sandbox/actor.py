"""Somebody else on the chain: whoever moves the pools, and whoever deploys the executor."""

import time

from bot.model.registry import Address, Pool
from bot.sandbox import abi, artifacts, trades
from bot.sandbox.addresses import TRADER, WETH
from bot.sandbox.errors import SandboxError
from bot.sandbox.node import Json, Node

ETHER = 10**18
PATIENCE = 10**7  # wei of tip per gas: enough to be mined, not enough to push past anybody
HEADROOM = 8  # a part of the base fee: what it can rise by in a block. anvil puts those first who would pay most
_GAS = 2_000_000
_DEPLOYMENT_GAS = 10_000_000
_PLENTY = 2**255
_SOON = 30.0  # seconds
_NUDGE = 2.0  # seconds


class Actor:
    """Acts on a node that lets anybody be impersonated. Whoever trades is given the coins and the ether for it."""

    def __init__(self, url: str) -> None:
        self.node = Node(url)
        self._approved: set[tuple[Address, Address, Address]] = set()
        self._paid: set[Address] = set()

    def rpc(self, method: str, *params: object) -> Json:
        """The result of one call. Raises NodeError where the node refuses it."""
        return self.node.rpc(method, *params)

    def close(self) -> None:
        """Ends the connection."""
        self.node.close()

    def deal(self, token: Address, to: Address, amount: int) -> None:
        """Sets what `to` holds of a token, in base units, at once and without a transaction."""
        self.rpc("anvil_dealERC20", to, token, hex(amount))

    def balance(self, token: Address, who: Address) -> int:
        """What somebody holds of a token, in base units."""
        answer = self.rpc("eth_call", {"to": token, "data": abi.call("balanceOf(address)", who)}, "latest")
        return int(answer, 16)

    def swap(self, pool: Pool, i: int, j: int, dx: int, *, sender: Address | None = None) -> str:
        """Sells exactly `dx` of the pool's `i`-th coin for its `j`-th at any price; the transaction's hash.

        Mined on return where the node mines at once, else waiting for a block. Its receipt says whether it reverted.
        """
        who = sender or TRADER
        coin = pool.coins[i]
        trade = trades.trade(self.node, pool, i, j, dx, who)
        if self.balance(coin, who) < dx:
            self.deal(coin, who, dx * 1_000)
        self._approve(coin, who, trade.spender)
        return self.send(trade.target, trade.data, sender=who)

    def send(self, to: Address, data: str, *, sender: Address, value: int = 0) -> str:
        """Sends a call as anybody, mined on return where the node mines at once; the transaction's hash."""
        self._pay(sender)
        call = {"from": sender, "to": to, "data": data, "value": hex(value), **self._fees(_GAS)}
        sent: str = self.rpc("eth_sendTransaction", call)
        if self.rpc("anvil_getAutomine"):
            self._await(sent)
        return sent

    def timestamp(self) -> int:
        """Of the newest block, unix seconds."""
        return int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def mine(self, n: int = 1, timestamp: int | None = None) -> None:
        """Mines blocks; the first at `timestamp` (unix seconds) where one is given."""
        if timestamp is not None:
            self.rpc("evm_setNextBlockTimestamp", timestamp)
        for _ in range(n):
            self.rpc("evm_mine")

    def snapshot(self) -> str:
        """Remembers the chain as it is."""
        kept: str = self.rpc("evm_snapshot")
        return kept

    def revert(self, snapshot: str) -> None:
        """Makes the chain what it was at a snapshot, which is used up by it."""
        if not self.rpc("evm_revert", snapshot):
            raise SandboxError(f"the node knows no snapshot {snapshot}")
        base = self.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"]
        self.rpc("anvil_setNextBlockBaseFeePerGas", base)  # which anvil does not take back
        self._approved.clear()
        self._paid.clear()

    def deploy_executor(self, owner: Address, operator: Address, guardian: Address, treasury: Address) -> Address:
        """Deploys DepegExecutor as it is in the sources, mines it, and returns where it stands."""
        self._pay(owner)
        code = artifacts.forge_creation("contracts/src/DepegExecutor.sol", "DepegExecutor")
        given = abi.arguments("(address,address,address,address,address)", owner, operator, guardian, treasury, WETH)
        sent = self.rpc("eth_sendTransaction", {"from": owner, "data": code + given, **self._fees(_DEPLOYMENT_GAS)})
        self.mine()
        receipt = self.rpc("eth_getTransactionReceipt", sent)
        if receipt is None or receipt["status"] != "0x1":
            raise SandboxError(f"DepegExecutor was not deployed: {receipt}")
        return abi.checksummed(receipt["contractAddress"])

    def _await(self, sent: str) -> None:
        """At once is not quite at once, and a busy anvil now and then leaves one lying: then a block is asked for."""
        began, nudged = time.monotonic(), 0
        while self.rpc("eth_getTransactionReceipt", sent) is None:
            waited = time.monotonic() - began
            if waited > _SOON:
                raise SandboxError(f"{sent} was not mined within {_SOON:.0f} seconds")
            if waited > (nudged + 1) * _NUDGE:
                nudged += 1
                self.mine()
            time.sleep(0.001)

    def _pay(self, who: Address) -> None:
        if who not in self._paid:
            self.rpc("anvil_setBalance", who, hex(1_000_000 * ETHER))
            self._paid.add(who)

    def _approve(self, coin: Address, owner: Address, spender: Address) -> None:
        """Once, in a transaction before the first that needs it."""
        if (coin, owner, spender) in self._approved:
            return
        asked = {"to": coin, "data": abi.call("allowance(address,address)", owner, spender)}
        if int(self.rpc("eth_call", asked, "latest"), 16) < _PLENTY // 2:
            self.send(coin, abi.call("approve(address,uint256)", spender, _PLENTY), sender=owner)
        self._approved.add((coin, owner, spender))

    def _fees(self, gas: int) -> dict[str, str]:
        """Just enough for the next block."""
        base = int(self.rpc("eth_getBlockByNumber", "pending", False)["baseFeePerGas"], 16)
        most = base + base // HEADROOM + 1 + PATIENCE
        return {"gas": hex(gas), "maxFeePerGas": hex(most), "maxPriorityFeePerGas": hex(PATIENCE)}
