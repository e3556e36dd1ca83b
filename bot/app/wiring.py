"""From settings to a running bot: everything is checked here, before anything starts, and every refusal says why."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app.dryrun import DryRun
from bot.app.killswitch import KillSwitch
from bot.app.run import Bot, Witness, ignore
from bot.app.settings import Settings
from bot.model.errors import UserError
from bot.model.registry import Address, Family, Registry
from bot.records.journal import Journal
from bot.strategy import engine
from bot.strategy.routing import Atlas
from bot.venues import deployment, keys, registry
from bot.venues.chain import ChainReader
from bot.venues.executor import SendingPolicy, TransactionExecutor
from bot.venues.rpc import Rpc

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Venue:
    """The chain as we may use it: what of the registry is really there, and the executor if one is deployed."""

    rpc: Rpc
    registry: Registry
    reader: ChainReader
    executor: Address | None


@asynccontextmanager
async def venue(settings: Settings, say: Say) -> AsyncIterator[Venue]:
    """Connect, refuse the wrong chain, verify the registry and the executor's code."""
    rpc = Rpc(settings.node.urls, timeout=settings.node.timeout)
    try:
        await rpc.check(settings.node.chain_id)
        told = registry.load(settings.watch.registry)
        if told.chain_id != settings.node.chain_id:
            raise UserError(
                f"registry {settings.watch.registry} is of chain {told.chain_id}, not {settings.node.chain_id}"
            )
        verified = await registry.verify(told, rpc)
        for dropped in verified.dropped:
            say(f"not watched: {dropped.name}, {dropped.why}")
        executor = await executor_address(settings, rpc)
        yield Venue(rpc, verified.registry, ChainReader(rpc, verified.registry, executor), executor)
    finally:
        await rpc.close()


@asynccontextmanager
async def bot(
    settings: Settings, *, live: bool, say: Say, witness: Witness = ignore, clear_halt: bool = False
) -> AsyncIterator[tuple[Bot, ChainReader]]:
    """A bot, and what tells it of blocks. It has learnt what became of all it had in flight.

    Without `live` it only pretends to send.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    async with venue(settings, say) as chain:
        policy = _policy(settings, chain.registry)
        journal = Journal.open(settings.journal(live=live))
        try:
            state = engine.resume(journal.but_the_world(), policy)
            made = _bot(settings, chain, policy, journal, state, live=live, witness=witness)
            await made.settle(clear_halt=clear_halt)
            yield made, chain.reader
        finally:
            journal.close()


def _bot(
    settings: Settings,
    chain: Venue,
    policy: engine.Policy,
    journal: Journal,
    state: engine.State,
    *,
    live: bool,
    witness: Witness,
) -> Bot:
    made = Bot(
        policy=policy,
        journal=journal,
        sender=DryRun(chain.rpc, chain.executor, chain.registry, time.time_ns),
        switch=KillSwitch(settings.folder / "HALT"),
        clock=time.time_ns,
        state=state,
        witness=witness,
    )
    if live:
        made.sender = _live(settings, chain, made)
    return made


def _live(settings: Settings, chain: Venue, made: Bot) -> TransactionExecutor:
    """Whatever stands between a user and a transaction: both switches, a key, a contract that is ours."""
    if not settings.armed:
        raise UserError("--live needs `armed = true` in the settings")
    if settings.wallet.keystore is None:
        raise UserError("--live needs a key: set wallet.keystore")
    if chain.executor is None:
        raise UserError("--live needs a deployed executor: `ape run deploy`, or set executor.address")
    signer = keys.unlock(settings.wallet.keystore.expanduser(), _expanded(settings.wallet.password_file))
    return TransactionExecutor(
        chain.rpc,
        signer,
        chain.executor,
        chain.registry,
        record=made.record,
        clock=time.time_ns,
        policy=SendingPolicy(chain_id=settings.node.chain_id, tip_pool=settings.executor.tip_pool),
    )


def _expanded(file: Path | None) -> Path | None:
    return file.expanduser() if file else None


def _policy(settings: Settings, watched: Registry) -> engine.Policy:
    usd = dict(_dollars(settings.usd, watched))
    weth = next((coin.address for coin in watched.coins.values() if coin.symbol == "WETH"), None)
    if weth is None or weth not in usd:
        raise UserError("setting usd.WETH is missing: dollars for an ether, needed to know what gas costs")
    return engine.Policy(
        registry=watched,
        atlas=Atlas.of(watched),
        weth=weth,
        usd=usd,
        limits=settings.risk.limits(),
        bidding=settings.fees.bidding(_tip_tokens(settings, watched, weth)),
    )


def _tip_tokens(settings: Settings, watched: Registry, weth: Address) -> frozenset[Address]:
    """In what a profit must be for the builder to get a share of it."""
    if settings.fees.tip_bps == 0:
        return frozenset()
    pool = watched.pools.get(settings.executor.tip_pool or "")
    if pool is None or pool.family is not Family.UNISWAP_V3 or weth not in pool.coins:
        raise UserError("setting fees.tip_bps needs executor.tip_pool: a watched Uniswap V3 pool of WETH")
    return frozenset(pool.coins)


def _dollars(told: Mapping[str, float], watched: Registry) -> dict[Address, float]:
    """What each coin is taken for until somebody quotes it: as told, else a dollar for what is pegged to it."""
    unknown = set(told) - {coin.symbol for coin in watched.coins.values()}
    if unknown:
        raise UserError(f"setting usd.{min(unknown)}: the registry knows no such coin")
    pegged = {coin.address: 1.0 for coin in watched.coins.values() if coin.peg == "USD"}
    return pegged | {coin.address: told[coin.symbol] for coin in watched.coins.values() if coin.symbol in told}


async def executor_address(settings: Settings, rpc: Rpc) -> Address | None:
    """The executor's address, if its code is what we compiled; None when none is deployed."""
    record = deployment.load_deployment(settings.executor.deployments, settings.node.chain_id)
    address = settings.executor.address or (record.address if record else None)
    if address is None:
        return None
    code = bytes.fromhex((await rpc.call("eth_getCode", address, "latest")).removeprefix("0x"))
    if not deployment.verify_code(code, deployment.load_artefact()):
        raise UserError(f"what stands at {address} is not the executor compiled here: deploy it, or run scripts/setup")
    return address
