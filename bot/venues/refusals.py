"""What a node's error proves: that a transaction was not taken, that a call reverts, or nothing."""

from bot.venues import calldata
from bot.venues.rpc import RpcError

UNTAKEN = (
    "insufficient funds",
    "insufficientfunds",
    "exceeds account balance",
    "underpriced",
    "feetoolow",
    "gas price below",
    "gas price too low",
    "intrinsic gas",
    "gas limit",
    "gas per block",
    "max fee per gas less than",
    "exceeds the configured cap",
    "fee cap exceeded",
    "invalid sender",
    "chain id",
    "not supported",
)
"""Of geth, Erigon, Nethermind, Besu, Reth and anvil, in lower case.

"Nonce too low" is none of them: so speaks a node that is given a second time what was mined meanwhile. Nor is a full
pool: what one node behind an address has no room for, another may have taken.
"""

REVERTED = 3  # geth's code for a call that reverts with data
FAILED = ("revert", "invalid opcode", "invalid jump", "out of gas", "gas required exceeds", "vm execution error")


def untaken(refusal: RpcError) -> bool:
    """Whether the answer to a broadcast proves that the node has not the transaction, nor will."""
    return any(words in refusal.message.lower() for words in UNTAKEN)


def revert(error: RpcError) -> str | None:
    """Why a call reverts; None where the error says nothing about the call: the node was asked in vain."""
    said = error.message.lower()
    if error.code != REVERTED and not any(words in said for words in FAILED):
        return None
    data = error.data if error.data and error.data.startswith("0x") else None
    return calldata.explained(data) or error.message
