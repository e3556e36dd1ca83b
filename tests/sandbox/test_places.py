"""Everything stands where it stands on mainnet."""

import pytest
import rlp
from eth_abi.packed import encode_packed
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from bot.model.registry import Address
from bot.sandbox import addresses
from bot.sandbox.actor import Actor

pytestmark = pytest.mark.chain

PEOPLE = {"ZERO", "ADMIN", "TRADER", "OWNER", "OPERATOR", "GUARDIAN", "TREASURY", "LITE_PSM_POCKET"}
PLACES = {
    name: address
    for name, address in vars(addresses).items()
    if name.isupper() and name not in PEOPLE and not name.endswith("_DEPLOYER")
}
V3_POOL_CODE_HASH = bytes.fromhex("e34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54")
V2_PAIR_CODE_HASH = bytes.fromhex("96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f")


def created(deployer: Address, nonce: int) -> Address:
    return to_checksum_address(keccak(rlp.encode([bytes.fromhex(deployer[2:]), nonce]))[12:])


def created2(deployer: Address, salt: bytes, code_hash: bytes) -> Address:
    return to_checksum_address(keccak(b"\xff" + bytes.fromhex(deployer[2:]) + salt + code_hash)[12:])


@pytest.mark.parametrize("name", PLACES)
def test_there_is_code_at_every_place(actor: Actor, name: str):
    """Whoever calls a mainnet address finds a contract there."""
    assert len(actor.rpc("eth_getCode", PLACES[name], "latest")) > 4


@pytest.mark.parametrize("name", PLACES)
def test_places_are_checksummed(name: str):
    """Addresses are compared as text, so each is written in the one right way."""
    assert PLACES[name] == to_checksum_address(PLACES[name])


@pytest.mark.parametrize(
    ("place", "deployer", "nonce"),
    [
        ("WETH", "WETH", 446),
        ("USDC", "USDC", 20),
        ("UNISWAP_V2_FACTORY", "UNISWAP_V2", 0),
        ("UNISWAP_V2_ROUTER", "UNISWAP_V2", 3),
        ("UNISWAP_V3_FACTORY", "UNISWAP_V3", 0),
        ("UNISWAP_V3_ROUTER", "UNISWAP_V3", 4),
        ("UNISWAP_V3_POSITIONS", "UNISWAP_V3", 8),
    ],
)
def test_deployed_places_follow_from_their_deployers(place: str, deployer: str, nonce: int):
    """CREATE derives the address from who deployed it and how much they had deployed before."""
    assert PLACES[place] == created(getattr(addresses, f"{deployer}_DEPLOYER"), nonce)


@pytest.mark.parametrize(
    ("place", "coins", "fee"),
    [
        ("V3_USDC_USDT_1BP", ("USDC", "USDT"), 100),
        ("V3_DAI_USDC_1BP", ("DAI", "USDC"), 100),
        ("V3_DAI_USDT_1BP", ("DAI", "USDT"), 100),
        ("V3_DAI_USDC_5BP", ("DAI", "USDC"), 500),
        ("V3_USDC_WETH_5BP", ("USDC", "WETH"), 500),
    ],
)
def test_v3_pools_follow_from_their_coins_and_fee(place: str, coins: tuple[str, str], fee: int):
    """A pool derived by CREATE2 as its own periphery derives it is the pool on mainnet."""
    salt = keccak(bytes.fromhex("".join(f"{PLACES[coin][2:]:0>64}" for coin in coins) + f"{fee:064x}"))

    assert PLACES[place] == created2(addresses.UNISWAP_V3_FACTORY, salt, V3_POOL_CODE_HASH)


@pytest.mark.parametrize(("place", "coins"), [("V2_DAI_USDC", ("DAI", "USDC")), ("V2_USDC_USDT", ("USDC", "USDT"))])
def test_v2_pairs_follow_from_their_coins(place: str, coins: tuple[str, str]):
    """The same for a pair of Uniswap V2."""
    salt = keccak(encode_packed(["address", "address"], [PLACES[coin] for coin in coins]))

    assert PLACES[place] == created2(addresses.UNISWAP_V2_FACTORY, salt, V2_PAIR_CODE_HASH)


def test_what_is_only_ours_stands_where_nobody_is():
    """The one pool without a counterpart on mainnet has an address that nobody holds a key or a deployment for."""
    assert addresses.nobody("sUSD/3Crv metapool") == addresses.META_SUSD_3POOL
