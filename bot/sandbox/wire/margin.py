"""An account that trades perpetual futures on margin: one position a market, all of them backed by one wallet.

What it holds of a perpetual may be less than nothing: sold short it is money in hand and a debt of the future. The
wallet that an exchange tells of is that money and the debt at its entry price, which is kept to eight digits: what the
rounding leaves is in the wallet, so that wallet - position * entry price is exact, fill after fill. Nobody insures
anything: after a liquidation in an empty market the wallet may be below zero.
"""

from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from bot.model.markets import PERPETUAL, Asset
from bot.model.orders import MARGIN, Side, Style
from bot.sandbox.errors import SandboxError
from bot.sandbox.wire.account import CENT, Account
from bot.sandbox.wire.book import Listing
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.orders import Asked, Denial, DeniedError, Funded, Opened, Order, Rules

LEVERAGE = 20  # unless it is set
MOST_LEVERAGE = 50
MAINTENANCE = Decimal("0.01")  # of what a position is worth: with less than that behind it, it is closed
LIQUIDATES = "autoclose-"  # how the id of an order begins that its owner did not ask for
NOTHING = Decimal(0)


class Position(NamedTuple):
    """What is held of a perpetual future, below 0 where it is short, and what it was entered at on average."""

    amount: Decimal  # base units
    entry: Decimal  # 0 where nothing is held


class MarginAccount(Account):
    """Money in `MARGIN`, and positions. `paid` is what positions paid and were paid."""

    def __init__(
        self,
        exchange: Exchange,
        rules: Rules,
        before_order: Callable[[], None] = lambda: None,
        overtaken: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(exchange, rules, before_order=before_order, overtaken=overtaken)
        self.leverage: dict[Listing, int] = defaultdict(lambda: LEVERAGE)
        self.paid: list[Funded] = []
        self._entries: dict[Listing, Decimal] = defaultdict(Decimal)

    def position(self, listing: Listing) -> Position:
        """What is held in a market."""
        return Position(self.held[listing.base], self._entries[listing])

    def positions(self) -> dict[Listing, Position]:
        """What is held in each market where something is."""
        return {each: self.position(each) for each in self.exchange.listings if self.held[each.base]}

    def balances(self) -> dict[Asset, Decimal]:
        """The wallet, and whatever else lies there that is no position."""
        held = {asset: held for asset, held in self.held.items() if held and not asset.endswith(PERPETUAL)}
        return held | ({MARGIN: wallet} if (wallet := self.wallet()) else {})

    def wallet(self) -> Decimal:
        """Money as if every position were worth what it was entered at."""
        return self.held[MARGIN] + sum((each.amount * each.entry for each in self.positions().values()), NOTHING)

    def unrealised(self, listing: Listing) -> Decimal:
        """What a position is worth now beyond what it was entered at."""
        amount, entry = self.position(listing)
        return amount * (self.exchange.mark(listing) - entry)

    def equity(self) -> Decimal:
        """Money as if every position were closed at its mark price."""
        return self.held[MARGIN] + sum((self.value(each) for each in self.positions()), NOTHING)

    def value(self, listing: Listing) -> Decimal:
        """What a position is worth at its mark price, below 0 where it is short."""
        return self.held[listing.base] * self.exchange.mark(listing)

    def maintenance(self, listing: Listing) -> Decimal:
        """As much money as a position must have behind it."""
        return abs(self.value(listing)) * MAINTENANCE

    def initial(self, listing: Listing, also: Asked | None = None) -> Decimal:
        """As much money as a market needs for its position, its open orders and one order more."""
        waiting = [(each.asked, each.left) for each in self.open(listing)]
        if also is not None and also.listing == listing:
            waiting.append((also, also.amount))
        sums = {side: sum((self._cost(*each) for each in waiting if each[0].side is side), NOTHING) for side in Side}
        value = self.value(listing)
        return max(abs(value + sums[Side.BUY]), abs(value - sums[Side.SELL])) / self.leverage[listing]

    def available(self) -> Decimal:
        """Money for new positions."""
        return max(self.equity() - self._initial(), NOTHING)

    def liquidation_price(self, listing: Listing) -> Decimal:
        """The mark price at which a position would be closed, all else standing still; 0 where there is none."""
        amount, value = self.held[listing.base], self.value(listing)
        others = sum((self.maintenance(each) for each in self.positions() if each != listing), NOTHING)
        price = (others - self.equity() + value) / (amount - abs(amount) * MAINTENANCE) if amount else NOTHING
        return max(price, NOTHING).quantize(CENT)

    def place(self, asked: Asked) -> Order:
        """As any account does; what may only reduce a position ends when there is none left."""
        order = super().place(asked)
        self._tidy(asked.listing)
        return self.orders[order.number]

    def meet(self, listing: Listing) -> None:
        """Likewise; and the price moved, which may be the end of a position."""
        super().meet(listing)
        self._tidy(listing)

    def settle(self) -> None:
        """Every position pays or is paid now, at the rate of its market; eight digits, rounded against the account."""
        for listing in self.positions():
            due = -self.value(listing) * self.exchange.funding[listing]
            amount = due.quantize(CENT, ROUND_FLOOR)
            self.held[MARGIN] += amount
            self.paid.append(Funded(len(self.paid) + 1, listing, amount, self.exchange.now()))
            self.news.append(self.paid[-1])
        self._liquidate()

    def _initial(self, also: Asked | None = None) -> Decimal:
        return sum((self.initial(each, also) for each in self.exchange.listings), NOTHING)

    def _cost(self, asked: Asked, amount: Decimal) -> Decimal:
        """What an order adds to a position, quote units: a sale no less than what it would bring now."""
        if asked.reduce_only:
            return NOTHING
        mark = self.exchange.mark(asked.listing)
        if asked.limit is None:
            return amount * mark
        return amount * (max(asked.limit, mark) if asked.side is Side.SELL else asked.limit)

    def _tidy(self, listing: Listing) -> None:
        for order in self.open(listing):
            if not self._within(order.asked, order.left):
                self._end(order, "nothing to reduce")
        self._liquidate()

    def _liquidate(self) -> None:
        """Closes everything at the book where there is too little behind it: what finds nobody waits for the next."""
        positions = self.positions()
        if self.equity() >= sum((self.maintenance(each) for each in positions), NOTHING):
            return
        for order in self.open():
            self._end(order, "liquidated")
        for listing, position in positions.items():
            self._close(listing, position.amount)

    def _close(self, listing: Listing, amount: Decimal) -> None:
        side, now = Side.SELL if amount > 0 else Side.BUY, self.exchange.now()
        number = next(self.ids)
        asked = Asked(listing, side, Style.TAKE, abs(amount), None, f"{LIQUIDATES}{number}", reduce_only=True)
        takes = self._offers(asked, asked.amount)
        if not takes:
            return
        order = self._save(Order(number, asked, now, now))
        self.news.append(Opened(order))
        order = self._take(order, takes)
        if order.left:
            self._end(order, "found nobody")

    def _within(self, asked: Asked, amount: Decimal) -> Decimal:
        if not asked.reduce_only:
            return amount
        held = self.held[asked.listing.base]
        return min(amount, max(-held if asked.side is Side.BUY else held, NOTHING))

    def _realised(self, asked: Asked, amount: Decimal, price: Decimal) -> Decimal:
        """Moves the entry price, too: to the average where the position grows, to the trade's where it turns."""
        listing, signed = asked.listing, amount if asked.side is Side.BUY else -amount
        held, entry = self.position(listing)
        after = held + signed
        if held * signed >= 0:
            self._entries[listing] = ((held * entry + signed * price) / after).quantize(CENT)
            return NOTHING
        if after * held <= 0:
            self._entries[listing] = price if after else NOTHING
        closed = min(amount, abs(held)).copy_sign(held)
        return closed * (price - entry)

    def _check(self, asked: Asked) -> None:
        super()._check(asked)
        if not self._within(asked, asked.amount):
            raise DeniedError(Denial.REDUCES)

    def _check_funds(self, asked: Asked, takes: list[tuple[Decimal, Decimal]]) -> None:  # noqa: ARG002 - as they stand
        need = self._initial(asked)
        if need > self._initial() and need > self.equity():
            raise DeniedError(Denial.FUNDS)


def of(account: Account) -> MarginAccount:
    """An account as one that has positions. Raises SandboxError where it has none."""
    if not isinstance(account, MarginAccount):
        raise SandboxError(f"{account.exchange.venue} has no positions in the sandbox, only coins and money")
    return account
