"""One trade: what was bought, sold and sold short of a coin, and what it earned, fill by fill."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from bot.model.markets import Asset
from bot.model.orders import NOTHING, Kind, OrderFilled, Side, Ticket

DUST_USD = 10.0  # exchanges take no order of less: a trade of which no more is left to sell is over
STRANGE_FEE = 0.002  # of what was traded, where a fee was paid in an asset that the market does not trade


@dataclass(frozen=True, slots=True)
class Short:
    """The other side of a hedge: a perpetual sold, and bought back. Coins, and units of margin after fees.

    Only the difference is ever paid out, and counts at what margin is worth then, not at what it was.
    """

    sold: Decimal = NOTHING
    bought: Decimal = NOTHING
    got: float = 0.0
    spent: float = 0.0
    usd: float = 1.0  # dollars for a unit of margin, when last traded
    venues: frozenset[str] = frozenset()  # where it was sold

    @property
    def open(self) -> Decimal:
        """What is still to be bought back."""
        return self.sold - self.bought

    @property
    def price(self) -> float:
        """Margin that one of it was sold for on average; 0 before any was."""
        return _mean(self.got, self.sold)

    @property
    def realised_usd(self) -> float:
        """Profit on what was bought back."""
        return (self.price * float(self.bought) - self.spent) * self.usd

    @property
    def earned_usd(self) -> float:
        """Profit once all is bought back."""
        return (self.got - self.spent) * self.usd

    def taken(self, amount: Decimal, paid: float) -> "Short":
        """So much of it bought back by the exchange, for so much margin."""
        return replace(self, bought=self.bought + amount, spent=self.spent + paid)


@dataclass(frozen=True, slots=True)
class Trade:
    """Orders that belong together, of one coin: a hold, hedged or not, or a pair. Coins exact, dollars not."""

    id: str
    kind: Kind
    coin: Asset
    opened: int  # ns UTC, when its first order was decided
    bought: Decimal = NOTHING  # coins, less fees taken in the coin
    sold: Decimal = NOTHING
    spent_usd: float = 0.0  # for what was bought, fees included
    got_usd: float = 0.0  # for what was sold, less fees
    fees_usd: float = 0.0
    held: Mapping[str, Decimal] = field(default_factory=dict)  # coins by holder; of a pair, below zero where it sold
    short: Short = field(default_factory=Short)
    carry_usd: float = 0.0  # what the short position was paid, below zero what it paid
    exits: int = 0  # steps of the way out that were ordered

    @property
    def net(self) -> Decimal:
        """Coins bought and not sold; below zero where more was sold."""
        return self.bought - self.sold

    @property
    def cost_usd(self) -> float:
        """Dollars that a coin of it cost on average, fees included; 0 before any was bought."""
        return _mean(self.spent_usd, self.bought)

    @property
    def basis_usd(self) -> float:
        """Dollars that what is still held cost."""
        return self.cost_usd * max(float(self.net), 0.0)

    @property
    def realised_usd(self) -> float:
        """Profit on what was sold, and what hedging it brought, after fees."""
        return self.got_usd - self.cost_usd * float(self.sold) + self.short.realised_usd + self.carry_usd

    @property
    def earned_usd(self) -> float:
        """Profit after fees once it is over: what is left counts for nothing."""
        return self.got_usd - self.spent_usd + self.short.earned_usd + self.carry_usd

    @property
    def bare(self) -> Decimal:
        """Coins held whose fall is not sold; below zero where more is sold short than held."""
        return self.net - self.short.open

    @property
    def over(self) -> bool:
        """Whether nothing is left of it; or, on the way out, no more than exchanges take an order for."""
        left_usd = abs(float(self.net)) * _mean(self.spent_usd + self.got_usd, self.bought + self.sold)
        if self.short.open:  # a debt, of which any part is bought back
            return False
        return self.net == 0 or (left_usd < DUST_USD and (self.exits > 0 or self.kind != "hold"))


def traded(trade: Trade, ticket: Ticket, fill: OrderFilled, moved: Decimal) -> Trade:
    """The trade after a fill. `moved`: coins that came, below zero those that went, the fee taken in coins counted."""
    buys, where = ticket.side is Side.BUY, ticket.market.holder
    dollars, fee = float(fill.amount * fill.price) * ticket.quote_usd, fee_usd(ticket, fill)
    if ticket.market.perpetual:
        return replace(trade, short=_hedged(trade.short, ticket, fill, fee), fees_usd=trade.fees_usd + fee)
    in_coin = fill.fee_asset == ticket.market.base  # then the coins that came are fewer, for the same dollars
    return replace(
        trade,
        bought=trade.bought + (moved if buys else NOTHING),
        sold=trade.sold - (NOTHING if buys else moved),
        spent_usd=trade.spent_usd + (dollars + (0.0 if in_coin else fee) if buys else 0.0),
        got_usd=trade.got_usd + (0.0 if buys else dollars - (0.0 if in_coin else fee)),
        fees_usd=trade.fees_usd + fee,
        held={**trade.held, where: trade.held.get(where, NOTHING) + moved},
    )


def _hedged(short: Short, ticket: Ticket, fill: OrderFilled, fee: float) -> Short:
    cost, paid, usd = float(fill.amount * fill.price), fee / ticket.quote_usd, ticket.quote_usd
    if ticket.side is Side.BUY:
        return replace(short, bought=short.bought + fill.amount, spent=short.spent + cost + paid, usd=usd)
    venues = short.venues | {ticket.market.venue}
    return replace(short, sold=short.sold + fill.amount, got=short.got + cost - paid, usd=usd, venues=venues)


def fee_usd(ticket: Ticket, fill: OrderFilled) -> float:
    """Dollars that a fill cost in fees; about, where they were paid in what the market does not trade."""
    if not fill.fee:
        return 0.0
    if fill.fee_asset == ticket.market.quote:
        return float(fill.fee) * ticket.quote_usd
    if fill.fee_asset == ticket.market.base:
        return float(fill.fee * fill.price) * ticket.quote_usd
    return ticket.flat_usd or float(fill.amount * fill.price) * ticket.quote_usd * STRANGE_FEE


def _mean(dollars: float, coins: Decimal) -> float:
    return dollars / float(coins) if coins else 0.0
