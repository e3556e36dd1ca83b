"""All judgement: `step` takes what happened and says what to do. It touches nothing and asks no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from bot.amm.side import PoolState
from bot.model import ledger as books
from bot.model import pools as pool_states
from bot.model.decisions import Action, Approved, Cancel, FairValues, Halt, Loop, Plan, Refused, Replace, Send
from bot.model.events import (
    BlockSeen,
    Command,
    Decided,
    Event,
    LenderSeen,
    Marked,
    PoolSeen,
    Quote,
    QuotesSeen,
    Report,
    Reverted,
    Tick,
    TicksSeen,
)
from bot.model.ledger import Ledger, Promise
from bot.model.markets import CHAIN, Market
from bot.model.orders import OrderEvent
from bot.model.registry import Address
from bot.strategy import (
    alerts,
    depeg,
    desk,
    evidence,
    onchain,
    perpetuals,
    planning,
    quotes,
    risk,
    routing,
    worth,
)
from bot.strategy.depeg import Watching
from bot.strategy.desk import Desk, Look
from bot.strategy.evidence import Samples
from bot.strategy.policy import Policy as Policy
from bot.strategy.pool_depth import Pools
from bot.strategy.quotes import Book
from bot.strategy.risk import Standing
from bot.units import to_float

REMEMBERED_REFUSALS = 64


@dataclass(frozen=True, slots=True)
class State:
    """What we know. Two states that saw the same events are equal."""

    block: BlockSeen | None = None  # its pools and lenders are in the maps below
    seen: Mapping[Address, PoolSeen] = field(default_factory=dict)
    pools: Mapping[Address, PoolState] = field(default_factory=dict, compare=False)  # made from `seen`, ladders kept
    gone: frozenset[Address] = frozenset()  # pools that could not be read at the newest block: no quote from them
    unheard: frozenset[Address] | None = None  # pools that changed since the last look; None where no block came since
    lenders: Mapping[tuple[Address, Address], LenderSeen] = field(default_factory=dict)
    book: Book = field(default_factory=Book)
    values: FairValues = field(default_factory=FairValues)
    watching: Watching = field(default_factory=Watching)
    ledger: Ledger = field(default_factory=Ledger)
    desk: Desk = field(default_factory=Desk)
    samples: Samples = ()  # what the pools showed in the last hour
    standing: Standing = field(default_factory=Standing)
    decided: int = 0  # plans ever made: the next one's name
    refused: tuple[Refused, ...] = ()


def step(state: State, event: Event, policy: Policy) -> tuple[State, tuple[Action, ...]]:
    """What we know and what to do after `event`."""
    match event:
        case BlockSeen():  # what its pools say of prices waits for the next look: nothing is to hold up a capture
            return _decide(_observed(state, event, policy), event, policy)
        case QuotesSeen():
            return _looked(replace(state, book=quotes.fold(state.book, event)), event.seen_at, policy)
        case Command():
            return _stopped(_obeyed(state, event), event.seen_at)
        case Decided():
            return _promised(state, event.plan), ()
        case Tick():
            return _looked(state, event.seen_at, policy)
        case _ if isinstance(event, OrderEvent | Marked):
            return replace(state, desk=desk.post(state.desk, event)), ()
        case _:
            return _reported(state, event, policy)


def resume(events: Iterable[Event], policy: Policy) -> State:
    """State after a restart: everything but the world, which is read anew."""
    remembered = (event for event in events if not isinstance(event, BlockSeen | QuotesSeen | Tick))
    return reduce(lambda state, event: step(state, event, policy)[0], remembered, State())


def terms(state: State, policy: Policy, block: BlockSeen, before: Plan | None = None) -> routing.Terms:
    """What money and gas cost at this block, to one that takes the place of `before` if there is such."""
    known = worth.dollars(policy.named, policy.usd, state.values, state.watching.depegs)
    return routing.Terms(
        usd=known,
        gas_price_wei=planning.gas_price(block, policy.bidding, before),
        eth_usd=known.get(policy.weth, 0.0),
        tip_bps=policy.bidding.tip_bps,
        min_net_usd=0.0,  # small chances are refused by risk, so that they are remembered
    )


def _looked(state: State, now: int, policy: Policy) -> tuple[State, tuple[Action, ...]]:
    """What the book says at `now` (ns UTC; never before the last look): values, depegs to tell of, orders to place."""
    now = max(now, state.values.made_at)
    book = quotes.fresh(_with_pools(state, policy), now - policy.stale_after)
    spot = perpetuals.without(book.latest.values())
    values = policy.solve(spot, now, policy.pricing)
    coins = policy.pricing.coins
    watching, told = depeg.detect(state.watching, values, spot, policy.thresholds, coins)
    values = perpetuals.valued(values, book.latest.values())
    looked = replace(state, unheard=None, book=book, values=values, watching=watching)
    warnings = tuple(map(alerts.warning, told))
    if policy.rules is None:
        return looked, warnings
    quotable = _quotable(state)
    samples = evidence.remember(state.samples, now, quotable, policy.registry, policy.named)
    shown = {each.coin: evidence.of(each.coin, samples) for each in watching.depegs} if samples else {}
    pools = Pools(policy.places, quotable)
    sight = Look(now, values, _unpromised(book, state, policy), watching.depegs, state.standing, shown, pools)
    traded, orders = desk.decide(state.desk, sight, policy.rules)
    return replace(looked, desk=traded, samples=samples), (*warnings, *orders)


def _unpromised(book: Book, state: State, policy: Policy) -> Mapping[Market, Quote]:
    """What is quoted, but by pools that a loop in flight will move."""
    moved = {each.market for pool in state.ledger.pools_in_flight() for each in policy.listed.get(pool, ())}
    return {market: quote for market, quote in book.latest.items() if market not in moved} if moved else book.latest


def _ordered_from(state: State, policy: Policy) -> frozenset[Address]:
    """Pools in which an order of ours may be filled: a loop through one of them would not be what was planned."""
    asked = {order.ticket.market for order in state.desk.account.orders.values()}
    if not any(market.holder == CHAIN for market in asked):
        return frozenset()
    return frozenset(pool for pool, pairs in policy.listed.items() if any(each.market in asked for each in pairs))


def _with_pools(state: State, policy: Policy) -> Book:
    """The book, and in it the pools' markets as of the newest block."""
    if state.block is None or state.unheard is None:
        return state.book
    look = onchain.look(policy.listed, state.book, _quotable(state), state.unheard, state.block)
    return quotes.fold(state.book, look)


def _observed(state: State, block: BlockSeen, policy: Policy) -> State:
    """Take in what the block changed."""
    seen, pools = dict(state.seen), dict(state.pools)
    for news in block.pools:
        pools[news.pool] = pool_states.state_of(policy.registry.pools[news.pool], news, pools.get(news.pool))
        seen[news.pool] = _with_ladder(news, seen.get(news.pool))
    lenders = {**state.lenders, **{(news.lender, news.token): news for news in block.lenders}}
    return replace(
        state,
        block=replace(block, pools=(), lenders=(), gone=()),
        seen=seen,
        pools=pools,
        gone=frozenset(block.gone),
        unheard=(state.unheard or frozenset()).union(news.pool for news in block.pools),
        lenders=lenders,
    )


def _with_ladder(news: PoolSeen, before: PoolSeen | None) -> PoolSeen:
    match news, before:
        case TicksSeen(ticks=None), TicksSeen():
            return replace(news, ticks=before.ticks)
        case _:
            return news


def _quotable(state: State, busy: frozenset[Address] = frozenset()) -> dict[Address, PoolState]:
    return {address: pool for address, pool in state.pools.items() if address not in busy | state.gone}


def _decide(state: State, block: BlockSeen, policy: Policy) -> tuple[State, tuple[Action, ...]]:
    """Look after what is in flight, then look for more in the pools it does not touch."""
    if terms(state, policy, block).eth_usd <= 0.0:
        return _remembering(state, Refused("nobody says what ether is worth, so what gas costs", block.number, 0.0)), ()
    actions: list[Action] = []
    for promise in state.ledger.promised.values():
        state, action = _tended(state, promise, block, policy)
        actions += [action] if action else []
    if state.standing.halted is None:
        state, sends = _found(state, block, policy)
        actions += sends
    return state, tuple(actions)


def _tended(state: State, promise: Promise, block: BlockSeen, policy: Policy) -> tuple[State, Replace | Cancel | None]:
    """A transaction still unmined: bid more while the chance lasts, take it back when it does not."""
    plan = promise.plan
    if promise.attempts == 0 or block.number <= plan.made_for:
        return state, None
    if promise.withdrawn:
        return state, Cancel(plan.id, "not taken back yet")  # bids more
    cost = terms(state, policy, block, plan)
    lenders = risk.within(tuple(state.lenders.values()), cost.usd, policy.registry, policy.limits)
    loop = routing.rewalked(plan.loop, _quotable(state), lenders, cost)
    if loop is None:
        return _withdrawn(state, plan.id), Cancel(plan.id, "the chance has passed")
    dearer = planning.raised(plan, loop, block, policy.bidding, _tip(loop, state, policy))
    verdict = risk.review(dearer, _loan_usd(loop, state, policy, block), state.ledger, state.standing, policy.limits)
    match verdict:
        case Approved():
            return _promised(state, dearer), Replace(plan.id, verdict)
        case Refused():
            return _withdrawn(_remembering(state, verdict), plan.id), Cancel(plan.id, verdict.reason)


def _found(state: State, block: BlockSeen, policy: Policy) -> tuple[State, list[Send]]:
    free = _quotable(state, state.ledger.pools_in_flight() | _ordered_from(state, policy))
    cost = terms(state, policy, block)
    lenders = risk.within(tuple(state.lenders.values()), cost.usd, policy.registry, policy.limits)
    sends: list[Send] = []
    for loop in routing.search(policy.atlas, free, lenders, cost, policy.limits.per_block):
        plan = planning.plan(str(state.decided + 1), loop, block, policy.bidding, _tip(loop, state, policy))
        loan_usd = _loan_usd(loop, state, policy, block)
        match risk.review(plan, loan_usd, state.ledger, state.standing, policy.limits):
            case Approved() as approved:
                state = _promised(state, plan)
                sends.append(Send(approved))
            case Refused() as refused:
                state = _remembering(state, refused)
    return state, sends


def _tip(loop: Loop, state: State, policy: Policy) -> planning.Tip:
    return planning.tip(loop, _quotable(state), policy.weth, policy.bidding)


def _loan_usd(loop: Loop, state: State, policy: Policy, block: BlockSeen) -> float:
    coin = policy.registry.coins[loop.token]
    return to_float(loop.amount, coin.decimals) * terms(state, policy, block).usd.get(loop.token, 0.0)


def _promised(state: State, plan: Plan) -> State:
    """Reserve for a plan. Naming it by the count of plans keeps names unique over restarts."""
    return replace(state, ledger=books.promise(state.ledger, plan), decided=max(state.decided, int(plan.id)))


def _withdrawn(state: State, plan_id: str) -> State:
    return replace(state, ledger=books.withdraw(state.ledger, plan_id))


def _remembering(state: State, refused: Refused) -> State:
    return replace(state, refused=(*state.refused, refused)[-REMEMBERED_REFUSALS:])


def _obeyed(state: State, command: Command) -> State:
    match command.word:
        case "pause":
            return replace(state, standing=replace(state.standing, paused=command.why or "by command"))
        case "resume":
            return replace(state, standing=replace(state.standing, paused=None))
        case "kill":
            return replace(state, standing=replace(state.standing, halted=command.why or "by command"))
        case "clear":  # the failures that led to the halt are forgiven with it
            standing = replace(state.standing, halted=None)
            return replace(state, standing=standing, ledger=replace(state.ledger, failures=()))


def _stopped(state: State, now: int) -> tuple[State, tuple[Action, ...]]:
    """What a halt takes back at once: every order that would begin something."""
    if state.standing.halted is None:
        return state, ()
    stopped, pulls = desk.stopped(state.desk, now, state.standing.halted)
    return replace(state, desk=stopped), pulls


def _reported(state: State, report: Report, policy: Policy) -> tuple[State, tuple[Action, ...]]:
    """Enter a report in the books; too many failures stop everything until a person clears it."""
    state = replace(state, ledger=books.post(state.ledger, report))
    if not isinstance(report, Reverted) or state.standing.halted:
        return state, ()
    failed = state.ledger.failures_since(report.block - policy.limits.failure_window)
    if failed < policy.limits.max_failures:
        return state, ()
    reason = f"{failed} transactions failed within {policy.limits.failure_window} blocks, the last: {report.reason}"
    state = replace(state, standing=replace(state.standing, halted=reason))
    state, pulls = _stopped(state, report.seen_at)
    return state, (Halt(reason), *pulls)
