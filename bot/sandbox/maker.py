"""Maker's facilities by stand-ins of ours, since theirs are in no registry: PSM, DAI flash minter, savings vault."""

from bot.sandbox import abi, artifacts, tokens
from bot.sandbox.addresses import ADMIN, DAI, DSS_FLASH, LITE_PSM, LITE_PSM_POCKET, SDAI, USDC
from bot.sandbox.builder import Builder

RESERVE = 20_000_000  # USDC the PSM holds, and DAI it keeps ready beyond them: what each way can take
FLASH_CEILING = 500_000_000
SAVINGS = 10_000_000  # DAI
_CHI = 1_023_000_000_000_000_000_000_000_000  # DAI a share is worth at the start, RAY


def build(chain: Builder) -> None:
    """All three, where Maker's stand, with DAI and USDC in them."""
    for address, name, types, args in (
        (LITE_PSM, "LitePsm", "(address,address,address,address)", (ADMIN, USDC, DAI, LITE_PSM_POCKET)),
        (DSS_FLASH, "FlashMinter", "(address,address)", (ADMIN, DAI)),
        (SDAI, "SavingsVault", "(address,address,uint256)", (ADMIN, DAI, _CHI)),
    ):
        code = artifacts.forge_creation(f"contracts/test/sandbox/{name}.sol", name)
        chain.place(address, code + abi.arguments(types, *args))
        tokens.make_ward(chain, address)
    _fill_psm(chain)
    chain.send(DSS_FLASH, "file(bytes32,uint256)", _word("max"), tokens.whole(DAI, FLASH_CEILING))
    _save(chain, tokens.whole(DAI, SAVINGS))


def _fill_psm(chain: Builder) -> None:
    """Somebody has sold it gems, and it has minted again what it paid out."""
    gems = tokens.whole(USDC, RESERVE)
    tokens.give(chain, USDC, ADMIN, gems)
    tokens.approve(chain, ADMIN, LITE_PSM, USDC)
    chain.fund(LITE_PSM_POCKET)
    tokens.approve(chain, LITE_PSM_POCKET, LITE_PSM, USDC)
    for what, coins in (("buf", RESERVE), ("line", 100 * RESERVE)):
        chain.send(LITE_PSM, "file(bytes32,uint256)", _word(what), tokens.whole(DAI, coins))
    chain.send(LITE_PSM, "fill()")
    chain.send(LITE_PSM, "sellGem(address,uint256)", ADMIN, gems)
    chain.send(LITE_PSM, "fill()")


def _save(chain: Builder, amount: int) -> None:
    tokens.give(chain, DAI, ADMIN, amount)
    tokens.approve(chain, ADMIN, SDAI, DAI)
    chain.send(SDAI, "deposit(uint256,address)", amount, ADMIN)


def _word(text: str) -> bytes:
    return text.encode().ljust(32, b"\0")
