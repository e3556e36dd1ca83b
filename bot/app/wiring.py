"""From settings to a running bot: everything is checked here, before anything starts, and every refusal says why."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import coins as coin_names
from bot.app import wiring_desk
from bot.app.dryrun import DryRun
from bot.app.killswitch import KillSwitch
from bot.app.run import Bot, Witness, ignore
from bot.app.settings import Settings
from bot.app.wiring_chain import Chain
from bot.model.errors import UserError
from bot.model.registry import Address, Family, Pool, Registry
from bot.model.times import DAY
from bot.records.journal import Journal
from bot.strategy import engine, onchain
from bot.strategy.fair_value import Pricing
from bot.strategy.routing import Atlas
from bot.venues import calldata, deployment, keys, registry
from bot.venues.chain import ChainReader
from bot.venues.executor import SendingPolicy, TransactionExecutor
from bot.venues.rpc import Rpc

if TYPE_CHECKING:
    from bot.venues.exchange import Feeds

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
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"the state folder {settings.folder} cannot be made: {error.strerror}") from None
    wiring_desk.check(settings)
    async with venue(settings, say) as chain:
        policy = _policy(settings, chain.registry)
        if settings.desk.trades:
            past = await wiring_desk.memory(settings)
            policy = replace(policy, rules=wiring_desk.rules(settings, policy.pricing.coins, past))
        journal = Journal.open(settings.journal(live=live))
        try:
            state = engine.resume(journal.but_the_world(), policy)
            made, operator = await _bot(settings, chain, policy, journal, state, live=live, say=say, witness=witness)
            pools = Chain(chain.rpc, chain.registry, operator)
            async with wiring_desk.open_floor(settings, made, live=live, chain=pools):
                await made.settle(clear_halt=clear_halt)
                yield made, chain.reader
        finally:
            journal.close()


@asynccontextmanager
async def quotes(settings: Settings) -> AsyncIterator["Feeds | None"]:
    """The exchanges' books, being listened to; None where no exchange is named. A dead one is no error."""
    if not settings.exchanges.venues:
        yield None
        return
    async with listening(settings) as feeds:
        yield feeds


def listening(settings: Settings) -> "Feeds":
    """Feeds of the exchanges named, all of them where none is. UserError for an exchange or a coin nobody knows."""
    from bot.venues.exchange import EXCHANGES, Feeds

    known, told = coin_names.known(settings.coins), settings.exchanges
    return Feeds(told.venues or EXCHANGES, known, coin_names.chosen(told.coins, known), told.through)


async def _bot(
    settings: Settings,
    chain: Venue,
    policy: engine.Policy,
    journal: Journal,
    state: engine.State,
    *,
    live: bool,
    say: Say,
    witness: Witness,
) -> tuple[Bot, Address | None]:
    """The bot, and whose key sends its transactions; None where it only pretends to."""
    made = Bot(
        policy=policy,
        journal=journal,
        sender=DryRun(chain.rpc, chain.executor, chain.registry, settings.executor.tip_pool, time.time_ns),
        switch=KillSwitch(settings.folder / "HALT"),
        clock=time.time_ns,
        state=state,
        witness=witness,
        keep=round(settings.journal_days * DAY),
    )
    if not live:
        return made, None
    made.sender, operator = await _live(settings, chain, made, say)
    return made, operator


async def _live(settings: Settings, chain: Venue, made: Bot, say: Say) -> tuple[TransactionExecutor, Address]:
    """Whatever stands between a user and a transaction: both switches, a key, a contract that is ours."""
    if not settings.armed:
        raise UserError("--live needs `armed = true` in the settings")
    if settings.wallet.keystore is None:
        raise UserError("--live needs a key: set wallet.keystore")
    if chain.executor is None:
        raise UserError("--live needs a deployed executor: `ape run deploy`, or set executor.address")
    signer = keys.unlock(settings.wallet.keystore.expanduser(), _expanded(settings.wallet.password_file))
    await _obeyed(chain.rpc, chain.executor, signer.address, say)
    sender = TransactionExecutor(
        chain.rpc,
        signer,
        chain.executor,
        chain.registry,
        record=made.record,
        clock=time.time_ns,
        policy=SendingPolicy(
            chain_id=settings.node.chain_id, tip_pool=settings.executor.tip_pool, raise_bps=settings.fees.raise_bps
        ),
    )
    return sender, signer.address


async def _obeyed(rpc: Rpc, executor: Address, operator: Address, say: Say) -> None:
    """Refuse a key that the executor does not obey; tell what keeps it from trading now and may change."""
    obeys = "0x" + (await rpc.call("eth_call", {"to": executor, "data": calldata.OPERATOR}, "latest"))[-40:]
    if obeys != operator.lower():
        raise UserError(f"the executor {executor} obeys {obeys}, and wallet.keystore is the key of {operator}")
    if int(await rpc.call("eth_call", {"to": executor, "data": calldata.PAUSED}, "latest"), 16):
        say(f"the executor {executor} is paused: nothing will be sent until its owner unpauses it")
    if int(await rpc.call("eth_getBalance", operator, "latest"), 16) == 0:
        say(f"the operator {operator} has no ether for gas: nothing will be sent until it has")


def _expanded(file: Path | None) -> Path | None:
    return file.expanduser() if file else None


def _policy(settings: Settings, watched: Registry) -> engine.Policy:
    usd = dict(_dollars(settings.usd, watched))
    weth = next((coin.address for coin in watched.coins.values() if coin.symbol == "WETH"), None)
    if weth is None or (weth not in usd and not settings.exchanges.venues):
        raise UserError(
            "setting usd.WETH is missing: dollars for an ether, needed to know what gas costs; or name exchanges.venues"
        )
    return engine.Policy(
        registry=watched,
        atlas=Atlas.of(watched),
        weth=weth,
        usd=usd,
        limits=settings.risk.limits(),
        bidding=settings.fees.bidding(_tip_pool(settings, watched, weth)),
        pricing=Pricing(coin_names.known(settings.coins), onchain.reliability(watched)),
        thresholds=settings.detection.thresholds(),
    )


def _tip_pool(settings: Settings, watched: Registry, weth: Address) -> Pool | None:
    """The pool that turns the builder's share into ether; None where no share is given."""
    if settings.fees.tip_bps == 0:
        return None
    pool = watched.pools.get(settings.executor.tip_pool or "")
    if pool is None or pool.family is not Family.UNISWAP_V3 or weth not in pool.coins:
        raise UserError("setting fees.tip_bps needs executor.tip_pool: a watched Uniswap V3 pool of WETH")
    return pool


def _dollars(told: Mapping[str, float], watched: Registry) -> dict[Address, float]:
    """What each coin is taken for until somebody quotes it: as told, else a dollar for what is pegged to it."""
    named = {symbol.casefold(): dollars for symbol, dollars in told.items()}  # the environment has small letters only
    watched_names = {coin.symbol.casefold() for coin in watched.coins.values()}
    if unknown := [symbol for symbol in told if symbol.casefold() not in watched_names]:
        raise UserError(f"setting usd.{min(unknown)}: no such coin is watched")
    pegged = {coin.address: 1.0 for coin in watched.coins.values() if coin.peg == "USD"}
    return pegged | {
        coin.address: named[coin.symbol.casefold()]
        for coin in watched.coins.values()
        if coin.symbol.casefold() in named
    }


async def executor_address(settings: Settings, rpc: Rpc) -> Address | None:
    """The executor's address, if its code is what we compiled; None when none is deployed."""
    record = deployment.load_deployment(settings.executor.deployments.expanduser(), settings.node.chain_id)
    address = settings.executor.address or (record.address if record else None)
    if address is None:
        return None
    code = bytes.fromhex((await rpc.call("eth_getCode", address, "latest")).removeprefix("0x"))
    if not deployment.verify_code(code, deployment.load_artefact()):
        raise UserError(f"what stands at {address} is not the executor compiled here: deploy it, or run scripts/setup")
    return address
