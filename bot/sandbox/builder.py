"""Somebody who may do anything on a chain that is being built: send as anyone, and put a contract at any address."""

import time
from typing import Any

from eth_utils.address import to_checksum_address

from bot.model.registry import Address
from bot.sandbox import abi
from bot.sandbox.addresses import ADMIN
from bot.sandbox.errors import BuildError
from bot.sandbox.node import Json, Node

GAS = 60_000_000
ETHER = 10**18


class Builder:
    """Every step waits until it is mined. The node mines at once and lets anybody be impersonated."""

    def __init__(self, node: Node) -> None:
        self.node = node
        node.rpc("anvil_autoImpersonateAccount", True)
        self.fund(ADMIN)

    def fund(self, who: Address, ether: int = 1_000_000) -> None:
        """Sets somebody's ether."""
        self.node.rpc("anvil_setBalance", who, hex(ether * ETHER))

    def send(self, to: Address, signature: str, *args: object, sender: Address = ADMIN, value: int = 0) -> None:
        """Calls a contract and expects it to work."""
        self._mined({"from": sender, "to": to, "data": abi.call(signature, *args), "value": hex(value)})

    def read(self, to: Address, signature: str, returns: str, *args: object) -> Json:
        """The one value a view returns."""
        answer = self.node.rpc("eth_call", {"to": to, "data": abi.call(signature, *args)}, "latest")
        return abi.decode(f"({returns})", answer)[0]

    def deploy(self, code: str, sender: Address = ADMIN, nonce: int | None = None) -> Address:
        """Creates a contract, where `nonce` is given as that deployment of its sender's, and returns its address."""
        if nonce is not None:
            self.fund(sender)
            self.node.rpc("anvil_setNonce", sender, hex(nonce))
        return to_checksum_address(self._mined({"from": sender, "data": code})["contractAddress"])

    def deploy_at(self, expected: Address, code: str, sender: Address, nonce: int) -> None:
        """Creates a contract whose address follows from its sender and nonce."""
        got = self.deploy(code, sender, nonce)
        if got != expected:
            raise BuildError(f"{sender} with nonce {nonce} made {got}, not {expected}")

    def place(self, address: Address, code: str, sender: Address = ADMIN) -> None:
        """Runs a constructor at `address` itself.

        What it stores, its immutables and what it creates come out as if it had been deployed there.
        """
        self.fund(sender)
        self.node.rpc("anvil_setNonce", address, "0x1")
        self.node.rpc("anvil_setCode", address, code)
        runtime = self.node.rpc("eth_call", {"from": sender, "to": address, "gas": hex(GAS)}, "latest")
        self._mined({"from": sender, "to": address})
        self.node.rpc("anvil_setCode", address, runtime)

    def store(self, address: Address, slot: int, value: int) -> None:
        """Writes one storage slot."""
        self.node.rpc("anvil_setStorageAt", address, f"0x{slot:064x}", f"0x{value:064x}")

    def _mined(self, transaction: dict[str, Any]) -> Json:
        sent = self.node.rpc("eth_sendTransaction", {**transaction, "gas": hex(GAS)})
        receipt = self._receipt(sent)
        if receipt["status"] != "0x1":
            raise BuildError(
                f"a transaction from {transaction['from']} to {transaction.get('to')} failed: {transaction}"
            )
        return receipt

    def _receipt(self, sent: str) -> Json:
        for _ in range(2_000):
            receipt = self.node.rpc("eth_getTransactionReceipt", sent)
            if receipt is not None:
                return receipt
            time.sleep(0.001)
        raise BuildError(f"{sent} was not mined within two seconds")
