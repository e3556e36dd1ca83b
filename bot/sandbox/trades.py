"""How each family of pool is traded by somebody with coins in hand, through the routers that stand on mainnet."""

from dataclasses import dataclass

from bot.model.registry import Address, Family, Pool
from bot.sandbox import abi
from bot.sandbox.addresses import UNISWAP_V2_ROUTER, UNISWAP_V3_ROUTER
from bot.sandbox.node import Node
from bot.units import WAD

_NEVER = 2**40  # a deadline, unix seconds
_V3_SINGLE = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"
_V2_PATH = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"


@dataclass(frozen=True, slots=True)
class Trade:
    """A call, and who takes the coin that is sold."""

    target: Address
    spender: Address
    data: str


def trade(node: Node, pool: Pool, i: int, j: int, dx: int, who: Address) -> Trade:
    """Selling `dx` of the pool's `i`-th coin for its `j`-th. A PSM is asked for what `dx` DAI buys, rounded down."""
    here = pool.address
    match pool.family:
        case Family.CURVE | Family.CURVE_NG | Family.CURVE_META:
            return Trade(here, here, abi.call("exchange(int128,int128,uint256,uint256)", i, j, dx, 0))
        case Family.UNISWAP_V3:
            wanted = (pool.coins[i], pool.coins[j], pool.fee, who, _NEVER, dx, 0, 0)
            return Trade(UNISWAP_V3_ROUTER, UNISWAP_V3_ROUTER, abi.call(_V3_SINGLE, wanted))
        case Family.UNISWAP_V2:
            path = (pool.coins[i], pool.coins[j])
            return Trade(UNISWAP_V2_ROUTER, UNISWAP_V2_ROUTER, abi.call(_V2_PATH, dx, 0, path, who, _NEVER))
        case Family.PSM:
            verb, gems = ("sellGem", dx) if i == 0 else ("buyGem", _gems_for(node, here, dx))
            return Trade(here, pool.spender or here, abi.call(f"{verb}(address,uint256)", who, gems))
        case Family.ERC4626:
            into = abi.call("deposit(uint256,address)", dx, who)
            return Trade(here, here, into if i == 0 else abi.call("redeem(uint256,address,address)", dx, who, who))


def _gems_for(node: Node, psm: Address, dai: int) -> int:
    """Gems that so much DAI buys, the fee paid."""
    asked = [
        ("eth_call", ({"to": psm, "data": abi.call(name)}, "latest")) for name in ("to18ConversionFactor()", "tout()")
    ]
    to18, tout = (int(answer, 16) for answer in node.batch(asked))
    return int(dai * WAD // (to18 * (WAD + tout)))
