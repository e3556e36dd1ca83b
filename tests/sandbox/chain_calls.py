"""Reading and sending on the sandbox in a line."""

import time
from typing import Any

from eth_utils.crypto import keccak

from bot.model.registry import Address, Family, Pool
from bot.sandbox import abi
from bot.sandbox import addresses as at
from bot.sandbox.actor import Actor

POOLS = {
    "v3 1 bp": Pool("v3 1 bp", at.V3_DAI_USDC_1BP, Family.UNISWAP_V3, (at.DAI, at.USDC), 100, 1),
    "v3 5 bp": Pool("v3 5 bp", at.V3_DAI_USDC_5BP, Family.UNISWAP_V3, (at.DAI, at.USDC), 500, 10),
    "v3 usdt": Pool("v3 usdt", at.V3_USDC_USDT_1BP, Family.UNISWAP_V3, (at.USDC, at.USDT), 100, 1),
    "v3 weth": Pool("v3 weth", at.V3_USDC_WETH_5BP, Family.UNISWAP_V3, (at.USDC, at.WETH), 500, 10),
    "v2": Pool("v2", at.V2_DAI_USDC, Family.UNISWAP_V2, (at.DAI, at.USDC), 3_000),
    "v2 usdt": Pool("v2 usdt", at.V2_USDC_USDT, Family.UNISWAP_V2, (at.USDC, at.USDT), 3_000),
    "3pool": Pool("3pool", at.CURVE_3POOL, Family.CURVE_NG, (at.DAI, at.USDC, at.USDT)),
    "curve susd": Pool("curve susd", at.CURVE_SUSD, Family.CURVE, (at.DAI, at.USDC, at.USDT, at.SUSD)),
    "curve meta": Pool("curve meta", at.META_SUSD_3POOL, Family.CURVE_META, (at.SUSD, at.CURVE_3POOL)),
    "psm": Pool("psm", at.LITE_PSM, Family.PSM, (at.USDC, at.DAI)),
    "vault": Pool("vault", at.SDAI, Family.ERC4626, (at.DAI, at.SDAI)),
}
SOMEBODY = at.nobody("somebody")
DAI_COIN, USDC_COIN = 10**18, 10**6


def view(actor: Actor, to: Address, signature: str, *args: object) -> int:
    """A number read from a contract."""
    return int(actor.rpc("eth_call", {"to": to, "data": abi.call(signature, *args)}, "latest"), 16)


def receipt(actor: Actor, sent: str) -> dict[str, Any]:
    """What became of a transaction on a chain that mines at once."""
    for _ in range(2_000):
        found = actor.rpc("eth_getTransactionReceipt", sent)
        if found:
            return found
        time.sleep(0.001)
    raise AssertionError(f"{sent} was not mined")


def done(actor: Actor, sender: Address, to: Address, signature: str, *args: object) -> bool:
    """Sends a call and says whether it worked."""
    sent = actor.send(to, abi.call(signature, *args), sender=sender)
    return receipt(actor, sent)["status"] == "0x1"


def reason(actor: Actor, sender: Address, to: Address, signature: str, *args: object) -> str:
    """The selector of the error a call reverts with; empty when it works."""
    answer = actor.node.batch(
        [("eth_call", ({"from": sender, "to": to, "data": abi.call(signature, *args)}, "latest"))]
    )[0]
    return str(answer.data)[:10] if isinstance(answer, Exception) else ""


def error(signature: str) -> str:
    """The selector of a custom error."""
    return "0x" + keccak(text=signature)[:4].hex()


def word(text: str) -> bytes:
    """The parameter of that name, as Maker's contracts take it."""
    return text.encode().ljust(32, b"\0")
