"""What `repeg doctor` looks at. A finding says what to do about it."""

import shutil
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.app import coins as coin_names
from bot.app import wiring, wiring_chain, wiring_desk
from bot.app.killswitch import KillSwitch
from bot.app.settings import Settings, load
from bot.model.errors import UserError
from bot.model.registry import Address
from bot.sandbox import anvil
from bot.sandbox.errors import SandboxError
from bot.venues import credentials, deployment, registry_file
from bot.venues.chain_orders import ETHER, Quoting
from bot.venues.deployment import DeploymentError
from bot.venues.heads import Heads
from bot.venues.registry_file import RegistryError
from bot.venues.rpc import NodeDown, Rpc, RpcError, WrongChain
from bot.venues.wallet import Wallet

LEAST_NODE = 18


@dataclass(frozen=True, slots=True)
class Finding:
    """`missing` is what a user may do without, `broken` is what stands in the way."""

    what: str
    state: Literal["works", "missing", "broken"]
    detail: str


async def examine(config: Path | None) -> list[Finding]:
    """Everything in order: the machine, then the settings, then what they point at."""
    machine = [_python(), _node(), _anvil(), _contract()]
    try:
        settings = load(config)
    except UserError as error:
        return [*machine, Finding("settings", "broken", str(error))]
    named = Finding("settings", "works", str(config) if config else "none given: the defaults")
    return [
        *machine,
        named,
        _registry(settings),
        await _chain(settings),
        await _executor(settings),
        _keystore(settings),
        *await _desk(settings),
        _halt(settings),
    ]


def _python() -> Finding:
    return Finding("python", "works", sys.version.split()[0])


def _node() -> Finding:
    found = shutil.which("node")
    if found is None:
        return Finding("node", "broken", f"not on PATH: the compiler and the sandbox need Node {LEAST_NODE} or later")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    old = not version[1:].split(".")[0].isdecimal() or int(version[1:].split(".")[0]) < LEAST_NODE
    return Finding("node", "broken" if old else "works", version or "does not say its version")


def _anvil() -> Finding:
    try:
        return Finding("anvil", "works", anvil.binary().name)
    except SandboxError as error:
        return Finding("anvil", "broken", str(error))


def _contract() -> Finding:
    try:
        artefact = deployment.load_artefact()
    except DeploymentError as error:
        return Finding("contract", "broken", str(error))
    return Finding("contract", "works", f"compiled, {len(artefact.runtime):,} bytes")


def _registry(settings: Settings) -> Finding:
    try:
        told = registry_file.load(settings.watch.registry)
    except RegistryError as error:
        return Finding("registry", "broken", str(error))
    counts = f"{len(told.coins)} coins, {len(told.pools)} pools, {len(told.lenders)} lenders"
    return Finding("registry", "works", f"{settings.watch.registry}: {counts}")


async def _chain(settings: Settings) -> Finding:
    async def ask(rpc: Rpc) -> Finding:
        await rpc.check(settings.node.chain_id)
        head = int(await rpc.call("eth_blockNumber"), 16)
        return Finding("node url", "works", f"chain {settings.node.chain_id} at block {head:,}")

    return await _asked(settings, "node url", ask)


async def _executor(settings: Settings) -> Finding:
    async def ask(rpc: Rpc) -> Finding:
        address = await wiring.executor_address(settings, rpc)
        if address is None:
            return Finding("executor", "missing", "none deployed: `ape run deploy`; without it every run is a dry run")
        return Finding("executor", "works", f"{address}, its code is the one compiled here")

    return await _asked(settings, "executor", ask)


async def _asked(settings: Settings, what: str, ask: Callable[[Rpc], Awaitable[Finding]]) -> Finding:
    rpc = Rpc(settings.node.urls, timeout=settings.node.timeout)
    try:
        return await ask(rpc)
    except (NodeDown, RpcError, WrongChain, UserError, DeploymentError) as error:
        return Finding(what, "broken", str(error))
    finally:
        await rpc.close()


def _keystore(settings: Settings) -> Finding:
    if settings.wallet.keystore is None:
        return Finding("keystore", "missing", "no wallet.keystore: every run is a dry run")
    file = settings.wallet.keystore.expanduser()
    if not file.is_file():
        return Finding("keystore", "broken", f"{file} is not there")
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding("keystore", "broken", f"{file} is open to others: chmod 600 {file}")
    return Finding("keystore", "works", f"{file}, readable by its owner alone")


async def _desk(settings: Settings) -> list[Finding]:
    """Who may send orders: the keys of every exchange that takes them, and the wallet that trades in pools."""
    keys = [_exchange(venue, settings) for venue in settings.desk.venues]
    if settings.desk.chain.keystore is None:
        return [*keys, Finding("desk wallet", "missing", "no desk.chain.keystore: nothing is traded in pools")]
    try:
        wiring_chain.check(settings)
        wallet = wiring_chain.address(settings)
    except UserError as error:
        return [*keys, Finding("desk wallet", "broken", str(error))]
    if wallet is None:
        return [
            *keys,
            Finding("desk wallet", "works", "its keystore does not say whose it is: what it holds is unknown"),
        ]
    return [*keys, await _wallet(settings, wallet)]


def _exchange(venue: str, settings: Settings) -> Finding:
    what, folder = f"keys of {venue}", settings.desk.keys.expanduser()
    try:
        wiring_desk.check_venue(venue, settings)
        credentials.read(venue, folder)
    except UserError as error:
        return Finding(what, "broken", str(error))
    return Finding(what, "works", "readable by their owner alone")


async def _wallet(settings: Settings, wallet: Address) -> Finding:
    """What lies in the wallet, of ether and of the coins that it could trade."""

    async def ask(rpc: Rpc) -> Finding:
        heads, watched = Heads(rpc), registry_file.load(settings.watch.registry)
        quoting = Quoting(rpc, watched, coin_names.known(settings.coins), Wallet(rpc, wallet), heads)
        await heads.look()
        held = {asset: amount for asset, amount in await quoting.holdings() if amount}
        if ETHER not in held:
            return Finding("desk wallet", "broken", f"{wallet} has no ether for gas: nothing would be sent")
        told = ", ".join(f"{amount.normalize():f} {asset}" for asset, amount in held.items())
        poor = held.keys() == {ETHER}
        return Finding("desk wallet", "missing" if poor else "works", f"{wallet}: {told}{', no coins' if poor else ''}")

    return await _asked(settings, "desk wallet", ask)


def _halt(settings: Settings) -> Finding:
    if not settings.folder.is_dir():
        return Finding("kill switch", "missing", f"{settings.folder} is made by the first run")
    reason = KillSwitch(settings.folder / "HALT").reason()
    return Finding(
        "kill switch", "broken" if reason else "works", reason or f"not pulled; {settings.folder}/HALT pulls it"
    )
