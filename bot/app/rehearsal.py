"""The weekend of March 2023 on the sandbox, with the same bot that runs live."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from bot.app import narrate, telling, wiring
from bot.app.rehearsal_prices import ETHER, Prices, prices_of
from bot.app.rehearsal_trades import Dealings
from bot.app.run import Bot
from bot.app.settings import Executor, Fees, Node, Risk, Settings, Wallet, Watch
from bot.model.decisions import Action, Depeg, Plan, Send, Warn
from bot.model.events import Command, Event, Final, Mined, Rejected, Reverted, Signed
from bot.model.registry import Address
from bot.sandbox import chain, market
from bot.sandbox.actor import Actor
from bot.sandbox.addresses import GUARDIAN, OWNER, TREASURY
from bot.sandbox.search import Search
from bot.strategy.deviation import COIN
from bot.strategy.engine import State
from bot.strategy.planning import gas_price
from bot.units import GWEI, WAD, to_float
from bot.venues import keys
from bot.venues.chain import ChainReader

if TYPE_CHECKING:
    from bot.app.rehearsal_accounts import Accounts

Say = Callable[[str], None]
Show = Callable[[dict[str, Any]], None]

BASE_FEE = 25 * GWEI  # about what it was that weekend
SECONDS = 12  # between blocks
A_LOOP = 400_000  # gas, about: a chance worth less than that is none


@dataclass(slots=True)
class Chance:
    """What one block offered and what the bot made of it. Dollars before gas."""

    block: int
    usdc: float
    usd: Mapping[Address, float]
    gas_usd: float  # what a capture costs at this block's fees
    optimum_usd: float = 0.0
    plan: Plan | None = None
    seen_at: int = 0
    signed_at: int = 0
    end: Final | None = None
    reason: str = "nothing to capture"


@dataclass(slots=True)
class Outcome:
    """The whole rehearsal."""

    bot: Bot
    accounts: "Accounts | None" = None
    chances: list[Chance] = field(default_factory=list)
    depegs: list[Depeg] = field(default_factory=list)  # as they were told
    dealings: Dealings = field(default_factory=lambda: Dealings(_unseen))

    def told(self) -> dict[str, Any]:
        """As `repeg demo --json` prints it."""
        captures = [told for told in map(self.capture, self.chances) if told]
        missed = [
            (chance.block, chance.reason, chance.optimum_usd)
            for chance in self.chances
            if not isinstance(chance.end, Mined) and chance.optimum_usd > chance.gas_usd
        ]
        earned = sum(told["profit_usd"] for told in captures)
        offered = sum(told["optimum_usd"] for told in captures) + sum(usd for _, _, usd in missed)
        return {
            "blocks": len(self.chances),
            "captures": captures,
            "profit_usd": earned,
            "efficiency": earned / offered if offered else 1.0,
            "depegs": [telling.depeg(depeg) for depeg in self.depegs],
            "missed": [dict(zip(("block", "reason", "usd"), each, strict=True)) for each in missed],
            **self.dealt(),
        }

    def dealt(self) -> dict[str, Any]:
        """What came of trading at exchanges, and the accounts counted; nothing where there are none."""
        if self.accounts is None:
            return {}
        account, dealings = self.bot.state.desk.account, self.dealings
        trades = dealings.told(account)
        return {
            "trades": trades,
            "pnl_usd": sum(trade["pnl_usd"] for trade in trades),
            "money": self.accounts.money(dealings.tickets, dealings.fills.values(), dealings.paid.values()),
        }

    def capture(self, chance: Chance) -> dict[str, Any] | None:
        """One capture; None where there was none."""
        if chance.plan is None or not isinstance(chance.end, Mined):
            return None
        registry, loop = self.bot.policy.registry, chance.plan.loop
        coin = registry.coins[loop.token]
        lender = next(each for each in registry.lenders if each.address == loop.lender)
        return {
            "block": chance.end.block,
            "tx": chance.end.hash,
            "route": narrate.hops(loop, registry),
            "lender": lender.name,
            "token": coin.symbol,
            "borrowed": loop.amount,
            "profit": chance.end.profit,
            "profit_usd": to_float(chance.end.profit, coin.decimals) * chance.usd[loop.token],
            "optimum_usd": chance.optimum_usd,
            "gas_used": chance.end.gas_used,
            "latency_ms": (chance.signed_at - chance.seen_at) / 1e6,
        }


async def rehearse(blocks: int, seed: int, *, say: Say, show: Show | None, exchanges: bool = False) -> Outcome:
    """Build or load the sandbox, deploy, and live through the weekend in so many blocks.

    With `exchanges` the bot learns what coins are worth by listening to the sandbox's exchanges, else it is told.
    """
    with tempfile.TemporaryDirectory(prefix="repeg-demo-") as folder, chain.running(mining=False, say=say) as sandbox:
        actor = Actor(sandbox.url)
        actor.rpc("anvil_setNextBlockBaseFeePerGas", BASE_FEE)
        wallet = Wallet(keystore=Path(folder) / "operator.json", password_file=Path(folder) / "password")
        operator = keys.create(Path(folder) / "operator.json", Path(folder) / "password")
        actor.rpc("anvil_setBalance", operator, hex(100 * WAD))
        executor = actor.deploy_executor(OWNER, operator, GUARDIAN, TREASURY)
        settings = settings_for(Path(folder), sandbox.url, executor, wallet)
        async with (
            prices_of(settings, seed, blocks, say, exchanges=exchanges) as (settings, prices),
            wiring.bot(settings, live=True, say=say) as (bot, reader),
        ):
            show = show or _unseen
            dealings = Dealings(lambda text: show({"trade": text}))
            weekend = _Weekend(
                bot,
                reader,
                actor,
                executor,
                operator,
                Random(seed),  # noqa: S311 - traders, not keys
                actor.timestamp(),
                Outcome(bot, prices.accounts, dealings=dealings),
                prices,
                show,
            )
            await weekend.live(blocks)
            return weekend.outcome


def settings_for(folder: Path, url: str, executor: Address, wallet: Wallet) -> Settings:
    """What a user would write to run live on the sandbox: one transaction a block, so that each block is one chance."""
    return Settings(
        armed=True,
        state=folder,
        node=Node(urls=[url]),
        watch=Watch(registry="sandbox"),
        executor=Executor(address=executor),
        wallet=wallet,
        risk=Risk(per_block=1, max_loan_usd=1e9),
        fees=Fees(priority_gwei=2.0),
        usd={"WETH": ETHER},
    )


def _unseen(_told: object) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class _Weekend:
    bot: Bot
    reader: ChainReader
    actor: Actor
    executor: Address
    operator: Address
    random: Random
    time: int  # of the last block, unix seconds
    outcome: Outcome
    prices: Prices
    show: Show

    async def live(self, blocks: int) -> None:
        """Block by block; each is shown when its transaction has met its end, one block later."""
        self.bot.witness = self.witness
        for number in range(blocks):
            await self.block(number / max(1, blocks - 1))
            if number:
                self.show(self.line(self.outcome.chances[-2]))
        await self.last()
        await self.prices.close(self.bot)
        self.show(self.line(self.outcome.chances[-1]))

    async def block(self, progress: float) -> None:
        """The bot's last transaction and the traders' are mined; the bot answers, the traders move on."""
        usd = self.prices.usd(self.bot.policy.registry, progress)
        await self.prices.tell(self.bot, progress)
        head = self._mined()
        block = await self.reader.read(head)
        gas_usd = to_float(A_LOOP * gas_price(block, self.bot.policy.bidding), 18) * usd[self.bot.policy.weth]
        chance = Chance(block.number, market.usdc_at(progress), usd, gas_usd, seen_at=block.seen_at)
        self.outcome.chances.append(chance)
        await self.bot.on_block(block)
        chance.optimum_usd = await asyncio.to_thread(self._optimum, usd)
        for trade in market.trades(self.bot.policy.registry, self.bot.state.pools, usd, self.random):
            self.actor.swap(trade.pool, trade.i, trade.j, trade.amount)

    async def last(self) -> None:
        """One more block, for what was sent in the last one; nothing new is begun in it."""
        now = self.bot.clock()
        await self.bot.tell(Command(made_at=now, seen_at=now, word="pause", why="the weekend is over"))
        await self.bot.on_block(await self.reader.read(self._mined()))

    def witness(self, happened: Event | Action, state: State) -> None:
        """Note what becomes of each block's chance, what is told of depegs, and what is traded at exchanges."""
        self.outcome.dealings.note(happened, state.desk.account)
        match happened:
            case Warn(text, Depeg() as depeg):
                self.outcome.depegs.append(depeg)
                if depeg.scope == COIN:  # that pools lag behind is what the demo lives from
                    self.show({"warning": text})
            case Send(approved):
                self.outcome.chances[-1].plan = approved.plan
            case Signed() if chance := self._of(happened.plan_id):
                chance.signed_at = chance.signed_at or happened.seen_at
            case Mined() | Reverted() | Rejected() if chance := self._of(happened.plan_id):
                chance.end = happened
                chance.reason = getattr(happened, "reason", "")
            case _:
                pass

    def line(self, chance: Chance) -> dict[str, Any]:
        """One block for the screen."""
        told = {"block": chance.block, "usdc": chance.usdc, "optimum_usd": chance.optimum_usd, "reason": chance.reason}
        return {**told, "capture": self.outcome.capture(chance)}

    def _mined(self) -> dict[str, Any]:
        self.time += SECONDS
        self.actor.mine(timestamp=self.time)
        head: dict[str, Any] = self.actor.rpc("eth_getBlockByNumber", "latest", False)
        return head

    def _optimum(self, usd: Mapping[Address, float]) -> float:
        """Dollars that an independent search, which only asks the chain, finds in the newest block."""
        best = Search(self.actor.node, self.executor, self.operator, self.bot.policy.registry, usd).best()
        return best.usd if best else 0.0

    def _of(self, plan_id: str) -> Chance | None:
        return next((each for each in reversed(self.outcome.chances) if each.plan and each.plan.id == plan_id), None)
