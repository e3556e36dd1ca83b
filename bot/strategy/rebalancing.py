"""Bringing inventory back to where it is wanted. Pairs carry coins to where they are cheap, and money to where not.

Only told, never done: nothing here, and nothing that uses it, withdraws anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from itertools import chain

from bot.model import networks
from bot.model.account import Account, Purse
from bot.model.markets import FIAT, PERPETUAL, Asset
from bot.model.orders import MARGIN, NOTHING
from bot.model.ways import Way, Ways

BP = 10_000
STEP = Decimal("0.01")  # coins: what amounts are rounded down to, which every exchange sends out
SEARCHED = 2_000  # plans that are compared, of one asset: all there are with up to five venues
TOLD = 3  # reasons


@dataclass(frozen=True, slots=True)
class Stock:
    """Inventory of one asset at one venue: what an open hold bought is none."""

    held: Decimal
    free: Decimal  # of it what is promised to no order


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is worth a move."""

    tolerance: float = 0.2  # off its target by no more than so much of what a venue has on average: it is on target
    most_bp: float = 10.0  # fee of what is moved, at most: what the least pair earns with it
    least_usd: float = 100.0  # a move


@dataclass(frozen=True, slots=True)
class Move:
    """`amount` leaves one venue, and `amount - fee` arrives at the other."""

    asset: Asset
    sender: str
    receiver: str
    network: str
    amount: Decimal
    fee: Decimal
    minutes: float
    why: str = ""

    @property
    def arrives(self) -> Decimal:
        """What the receiver is credited with."""
        return self.amount - self.fee


@dataclass(frozen=True, slots=True)
class Stuck:
    """What no move mends. `surplus`: coins too many there, below zero too few."""

    asset: Asset
    venue: str
    surplus: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Rebalancing:
    """What to move, and what stays off its target all the same."""

    moves: tuple[Move, ...]
    stuck: tuple[Stuck, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """The cheapest way from one venue to another."""

    network: str
    fee: Decimal
    minutes: float


def stocks(account: Account) -> dict[Purse, Stock]:
    """Inventory by the books."""
    found: dict[Purse, Stock] = {}
    for (venue, asset), lying in account.balances.items():
        if asset.endswith(PERPETUAL):
            continue  # what is owed is not to be moved, nor what covers it
        held = lying - (account.cover(venue) if asset == MARGIN else NOTHING)
        by_holds = account.free(venue, asset) - account.spare(venue, asset)
        found[venue, asset] = Stock(max(held - by_holds, NOTHING), account.spare(venue, asset))
    return found


def plan(
    stock: Mapping[Purse, Stock],
    usd: Mapping[Asset, float],
    targets: Mapping[Purse, Decimal],
    ways: Ways,
    bounds: Bounds | None = None,
) -> Rebalancing:
    """The moves that bring every venue back within the tolerance of its target, at the least fees.

    Of targets, none below zero, only the proportions count: what there is of an asset is spread by them. What has no
    target stays. First as much as possible is mended, then fees are least: among all plans of up to five venues, among
    the likeliest beyond. An asset takes fewer moves than it has venues. Whatever an exchange does not say counts as no.
    """
    assets = sorted({asset for (_, asset), wanted in targets.items() if wanted > 0})
    bounds = bounds or Bounds()
    plans = [_Asset.of(each, stock, usd.get(each), targets, ways, bounds).planned() for each in assets]
    moves = chain.from_iterable(each.moves for each in plans)
    return Rebalancing(tuple(moves), tuple(chain.from_iterable(each.stuck for each in plans)))


def route(asset: Asset, sender: str, receiver: str, ways: Ways) -> Route | str:
    """The cheapest network, then the quickest, that is open at both ends; or why there is none."""
    if asset in FIAT:
        return f"{asset} goes by bank, of which exchanges do not tell"
    out, into = (_by_network(ways.get(venue, {}).get(asset, {})) for venue in (sender, receiver))
    silent = next((venue for venue, told in ((sender, out), (receiver, into)) if not told), None)
    if silent:
        return f"{silent} does not say over which networks {asset} goes"
    common = sorted(out.keys() & into.keys())
    if not common:
        return f"{sender} and {receiver} have no network for {asset} in common"
    sends = [name for name in common if out[name].withdraw and out[name].fee is not None]
    if not sends:
        return f"{sender} sends no {asset} out over {', '.join(common)} now, or does not say at which fee"
    found = [Route(name, out[name].fee or NOTHING, networks.minutes(name)) for name in sends if into[name].deposit]
    if not found:
        return f"{receiver} takes no {asset} in over {', '.join(sends)} now"
    return min(found, key=lambda each: (each.fee, each.minutes, each.network))


def tells(asset: Asset, venue: str, ways: Ways) -> bool:
    """Whether a venue says over which networks an asset goes, of those that we know."""
    return bool(_by_network(ways.get(venue, {}).get(asset, {})))


def _by_network(told: Mapping[str, Way]) -> dict[str, Way]:
    """By the networks' own names, those unknown left out. Of two that are the same, what is worse of each counts."""
    found: dict[str, Way] = {}
    for name, way in sorted(told.items()):
        network = networks.named(name)
        if network is not None and (way.fee is None or way.fee >= 0):
            found[network] = _worse(found[network], way) if network in found else way
    return found


def _worse(one: Way, other: Way) -> Way:
    fee = None if one.fee is None or other.fee is None else max(one.fee, other.fee)
    return Way(one.deposit and other.deposit, one.withdraw and other.withdraw, fee)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One asset during planning: what each venue has above its target, what of it may go, and what was moved."""

    surplus: Mapping[str, Decimal]
    free: Mapping[str, Decimal]
    moves: tuple[Move, ...] = ()

    def after(self, move: Move) -> "_Sheet":
        gone, come = self.surplus[move.sender] - move.amount, self.surplus[move.receiver] + move.arrives
        surplus = {**self.surplus, move.sender: gone, move.receiver: come}
        free = {**self.free, move.sender: self.free[move.sender] - move.amount}
        return _Sheet(surplus, free, (*self.moves, move))


@dataclass(frozen=True, slots=True)
class _Asset:
    """The question of one asset."""

    asset: Asset
    usd: float | None
    start: _Sheet
    within: Decimal  # coins: a venue no further from its target is on it
    ways: Ways
    bounds: Bounds
    routes: dict[tuple[str, str], Route | str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        asset: Asset,
        stock: Mapping[Purse, Stock],
        usd: float | None,
        targets: Mapping[Purse, Decimal],
        ways: Ways,
        bounds: Bounds,
    ) -> "_Asset":
        wanted = {venue: each for (venue, its), each in sorted(targets.items()) if its == asset}
        has = {venue: stock.get((venue, asset), Stock(NOTHING, NOTHING)) for venue in wanted}
        total, parts = sum((each.held for each in has.values()), NOTHING), sum(wanted.values(), NOTHING)
        surplus = {venue: has[venue].held - total * each / parts for venue, each in wanted.items()}
        within = total / len(wanted) * Decimal(str(bounds.tolerance))
        return cls(asset, usd, _Sheet(surplus, {name: has[name].free for name in has}), within, ways, bounds)

    def planned(self) -> Rebalancing:
        best = self._best()
        moves = tuple(replace(each, why=self._reason(each)) for each in best.moves)
        return Rebalancing(moves, tuple(self._left(best)))

    def _best(self) -> _Sheet:
        """Depth first, the likeliest first; each step closes a venue, so all ends."""
        best, waiting, known = self.start, [self.start], set[frozenset[Move]]()
        for _ in range(SEARCHED):
            if not waiting:
                break
            sheet = waiting.pop()
            best = min(best, sheet, key=self._badness)
            fresh = {frozenset(step.moves): step for step in map(sheet.after, self._steps(sheet))}
            waiting += reversed([step for name, step in fresh.items() if name not in known])
            known |= fresh.keys()
        return best

    def _badness(self, sheet: _Sheet) -> tuple[Decimal, Decimal, int, float]:
        beyond = sum((max(abs(each) - self.within, NOTHING) for each in sheet.surplus.values()), NOTHING)
        fees = sum((each.fee for each in sheet.moves), NOTHING)
        return beyond, fees, len(sheet.moves), max((each.minutes for each in sheet.moves), default=0.0)

    def _off(self, sheet: _Sheet, venue: str) -> bool:
        return abs(sheet.surplus[venue]) > self.within

    def _steps(self, sheet: _Sheet) -> list[Move]:
        """Every move that is worth it, the cheapest for what it moves first."""
        rich = [venue for venue, each in sheet.surplus.items() if each > 0]
        poor = [venue for venue, each in sheet.surplus.items() if each < 0]
        pairs = ((a, b) for a in rich for b in poor if self._off(sheet, a) or self._off(sheet, b))
        found = [move for a, b in pairs if isinstance(move := self._move(sheet, a, b), Move)]
        return sorted(found, key=lambda each: (each.fee / each.amount, -each.amount, each.sender, each.receiver))

    def _route(self, sender: str, receiver: str) -> Route | str:
        if (sender, receiver) not in self.routes:
            self.routes[sender, receiver] = route(self.asset, sender, receiver, self.ways)
        return self.routes[sender, receiver]

    def _move(self, sheet: _Sheet, sender: str, receiver: str) -> Move | str:
        """As much as the one has too many and the other too few; or why it is not worth it."""
        if self.usd is None:
            return f"nobody says what {self.asset} is worth"
        way = self._route(sender, receiver)
        if isinstance(way, str):
            return way
        most = min(sheet.surplus[sender], sheet.free[sender], way.fee - sheet.surplus[receiver])
        amount = max(most, NOTHING).quantize(STEP, ROUND_DOWN)
        if amount - way.fee < STEP or float(amount) * self.usd < self.bounds.least_usd:
            return f"what could go from {sender} to {receiver} is too little: {amount} {self.asset}"
        if way.fee * BP > amount * Decimal(str(self.bounds.most_bp)):
            bp = way.fee * BP / amount
            return f"the fee of {way.fee} from {sender} to {receiver} is {bp:.1f} bp of {amount} {self.asset}"
        return Move(self.asset, sender, receiver, way.network, amount, way.fee, way.minutes)

    def _reason(self, move: Move) -> str:
        much, few = self.start.surplus[move.sender], -self.start.surplus[move.receiver]
        return f"{move.sender} has {much:,.2f} too many, {move.receiver} {few:,.2f} too few"

    def _left(self, sheet: _Sheet) -> Iterator[Stuck]:
        for venue, surplus in sheet.surplus.items():
            if self._off(sheet, venue):
                yield Stuck(self.asset, venue, surplus.quantize(STEP), self._why(sheet, venue))

    def _why(self, sheet: _Sheet, venue: str) -> str:
        rich = sheet.surplus[venue] > 0
        if rich and sheet.free[venue] < STEP:
            return "the rest of it is promised to orders"
        others = [name for name, each in sheet.surplus.items() if (each < 0 if rich else each > 0)]
        tried = (self._move(sheet, *((venue, each) if rich else (each, venue))) for each in others)
        return _joined(each for each in tried if isinstance(each, str)) or "no other venue is off the other way"


def _joined(reasons: Iterable[str]) -> str:
    told = list(dict.fromkeys(reasons))
    return "; ".join(told[:TOLD]) + (f"; and {len(told) - TOLD} more" if len(told) > TOLD else "")
