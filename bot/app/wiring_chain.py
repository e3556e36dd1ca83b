"""From settings to a wallet that trades on chain: whose it is, that it is not the operator's, and how it pays."""

import fcntl
import json
import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app import coins as coin_names
from bot.app.paper_chain import PaperChain
from bot.app.run import Bot, Floor
from bot.app.settings import Settings
from bot.model.errors import UserError
from bot.model.registry import Address, Registry
from bot.strategy import worth
from bot.units import GWEI
from bot.venues import keys
from bot.venues.chain_trader import ChainTrader
from bot.venues.keys import Signer
from bot.venues.multicall import same
from bot.venues.rpc import Rpc
from bot.venues.wallet_policy import WalletPolicy

CREDENTIAL = "repeg-chain-password"
"""The password's name among systemd's credentials (LoadCredential= in the unit)."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain as a wallet trades on it, and the operator, who may not trade there: None in a dry run."""

    rpc: Rpc
    registry: Registry
    operator: Address | None = None


def check(settings: Settings) -> None:
    """UserError where the wallet's keystore cannot be used as it lies there. No password is asked for."""
    keystore = settings.desk.chain.keystore
    if keystore is None:
        return
    operator = settings.wallet.keystore
    if operator is not None and operator.expanduser().exists():
        _apart(_named(keystore.expanduser()), _named(operator.expanduser()))
    else:
        _named(keystore.expanduser())
    password = settings.desk.chain.password_file
    if password is not None:
        _private(password.expanduser(), "password file")


def address(settings: Settings) -> Address | None:
    """Whose wallet it is, as its keystore says; None where it does not say, or there is none. UserError as `check`."""
    keystore = settings.desk.chain.keystore
    return _named(keystore.expanduser()) if keystore else None


@asynccontextmanager
async def open_floor(settings: Settings, made: Bot, chain: Chain, *, live: bool) -> AsyncIterator[Floor]:
    """Who carries orders on chain; in a dry run one who only pretends to."""
    known, ether, policy = coin_names.known(settings.coins), _ether(made), _policy(settings)
    if not live:
        wallet = _wallet(settings)
        async with PaperChain(chain.rpc, wallet, chain.registry, known, ether, policy, made.clock) as paper:
            yield paper
        return
    signer = unlock(settings)
    _apart(signer.address, chain.operator)
    with _alone(settings):
        async with _trader(settings, made, chain, signer) as trader:
            yield trader


def _trader(settings: Settings, made: Bot, chain: Chain, signer: Signer) -> ChainTrader:
    folder = settings.folder / f"orders-{settings.node.chain_id}"
    known, ether, policy = coin_names.known(settings.coins), _ether(made), _policy(settings)
    return ChainTrader(chain.rpc, signer, chain.registry, known, folder, ether, policy, clock=made.clock)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """No other process trades with the same keystore: two who use one key tell each other's swaps as their own."""
    keystore = settings.desk.chain.keystore
    if keystore is None:
        raise UserError("setting desk.chain.keystore is missing")
    with keystore.expanduser().open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"{keystore}: another process trades with this wallet") from None
        yield


def unlock(settings: Settings, environment: Mapping[str, str] = os.environ) -> Signer:
    """The wallet's key. The operator's credential is not tried."""
    told = settings.desk.chain
    if told.keystore is None:
        raise UserError("setting desk.chain.keystore is missing")
    sealed = Path(environment.get("CREDENTIALS_DIRECTORY", ""), CREDENTIAL)
    lies = "CREDENTIALS_DIRECTORY" in environment and sealed.exists()
    password = told.password_file or (sealed if lies else None)
    setting = "desk.chain.password_file"
    return keys.unlock(told.keystore.expanduser(), password.expanduser() if password else None, {}, setting=setting)


def _policy(settings: Settings) -> WalletPolicy:
    return WalletPolicy(
        chain_id=settings.node.chain_id,
        max_fee_per_gas=int(settings.desk.chain.max_fee_gwei * GWEI),
        priority_fee=int(settings.fees.priority_gwei * GWEI),
        raise_bps=settings.fees.raise_bps,
        confirmations=settings.desk.chain.confirmations,
    )


def _wallet(settings: Settings) -> Address:
    """Whose wallet it is: by the keystore, if it says; else by its key."""
    return address(settings) or unlock(settings).address


def _apart(wallet: Address | None, operator: Address | None) -> None:
    if wallet and operator and same(wallet, operator):
        raise UserError(
            f"setting desk.chain.keystore: it is the operator's key, {wallet}: two who use one key take each "
            "other's turns, so make another"
        )


def _named(keystore: Path) -> Address | None:
    """The address that a keystore says it is of; None where it does not say."""
    try:
        told = json.loads(_private(keystore, "keystore"))
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise UserError(f"{keystore}: this is not a keystore file")
    text = str(told.get("address", "")).lower().removeprefix("0x")
    return _checksummed(text) if len(text) == 2 * 20 and set(text) <= set("0123456789abcdef") else None


def _checksummed(digits: str) -> Address:
    from eth_utils.address import to_checksum_address

    return Address(to_checksum_address("0x" + digits))


def _private(path: Path, what: str) -> str:
    """A file's text, if its owner alone may read it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UserError(f"{path}: cannot read the {what}: {reason}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UserError(f"{path}: others may read this {what} (mode {mode:04o}): chmod 600 {path}")
    return text


def _ether(made: Bot) -> Callable[[], float | None]:
    """Dollars for an ether, as the bot reckons."""

    def price() -> float | None:
        policy, state = made.policy, made.state
        return worth.dollars(policy.named, policy.usd, state.values, state.watching.depegs).get(policy.weth)

    return price
