"""Builds the sandbox's chain, once, into a state file that anvil loads."""

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.sandbox import anvil, artifacts, cache, compiled, curve, lenders, maker, tokens, uniswap
from bot.sandbox.addresses import MULTICALL3
from bot.sandbox.builder import Builder
from bot.sandbox.node import Node

Say = Callable[[str], None]

GENESIS = 1_678_399_200  # 9 March 2023, 22:00 UTC: a day before USDC left its peg
START = GENESIS + 3_600  # of the chain once it is built: later than its last block, one a second
_STAND_INS = "contracts/test/sandbox"
_PARTS = (
    "aave",
    "abi",
    "addresses",
    "artifacts",
    "genesis",
    "builder",
    "compiled",
    "curve",
    "lenders",
    "maker",
    "tokens",
    "uniswap",
)


def silent(text: str) -> None:
    """Says nothing."""


def state(say: Say = silent) -> Path:
    """The state file for these sources and packages; made when it is not in the cache (about half a minute)."""
    return cache.kept(f"state-{_inputs()}.json", lambda file: _build(file, say))


def _inputs() -> str:
    """A name for everything the state is made of."""
    here = Path(__file__).parent
    parts = [here / f"{name}.py" for name in _PARTS]
    stand_ins = sorted((artifacts.ROOT / _STAND_INS).glob("*.sol"))
    packages = artifacts.ROOT / "package-lock.json"
    return cache.digest(*(file.read_bytes() for file in (*parts, *stand_ins, packages)))


def _build(file: Path, say: Say) -> None:
    morpho_code, curve_code = _compiled(say)
    say("building the sandbox's chain (a few seconds, once)")
    with anvil.running("--chain-id", "1", "--timestamp", str(GENESIS), "--gas-limit", "100000000") as chain:
        node = Node(chain.url)
        node.rpc("anvil_setBlockTimestampInterval", 1)
        _place_everything(Builder(node), morpho_code, curve_code)
        file.write_bytes(gzip.decompress(bytes.fromhex(node.rpc("anvil_dumpState")[2:])))
        node.close()


def _compiled(say: Say) -> tuple[str, dict[str, str]]:
    with ThreadPoolExecutor(2) as compilers:
        morpho, stable_swap = compilers.submit(compiled.morpho, say), compilers.submit(compiled.curve, say)
        return morpho.result(), stable_swap.result()


def _place_everything(chain: Builder, morpho_code: str, curve_code: dict[str, str]) -> None:
    tokens.build(chain)
    uniswap.build(chain)
    curve.build(chain, curve_code)
    lenders.build(chain, morpho_code)
    maker.build(chain)
    chain.place(MULTICALL3, artifacts.forge_creation(f"{_STAND_INS}/Batcher.sol", "Batcher"))
