"""One account at an exchange: what it holds, its orders, and what became of them. It knows no wire format.

Orders meet the book that stands: what they take is gone from it until somebody quotes anew. Orders that rest are filled
at their own price when the book moves to it. Nothing is rounded but fees, which are cut after eight digits.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from itertools import count

from bot.model.markets import Asset
from bot.model.orders import Side, Style
from bot.sandbox.wire.book import Level, Levels, Listing
from bot.sandbox.wire.exchange import Exchange
from bot.sandbox.wire.orders import (
    AccountNews,
    Asked,
    Denial,
    DeniedError,
    Ended,
    Fill,
    Filled,
    Opened,
    Order,
    Rules,
    State,
)

CENT = Decimal("1e-8")  # the last digit of a fee
HALF = Decimal("0.5")


@dataclass(slots=True, eq=False)
class Account:
    """The one account of an exchange. `news` and `moved` are what nobody has been told yet.

    `before_order` is called before an order is looked at, and may raise; `overtaken` tells whether a fill gets ahead
    of the cancellation that is asked for.
    """

    exchange: Exchange
    rules: Rules
    held: dict[Asset, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    orders: dict[int, Order] = field(default_factory=dict)  # by number, in the order in which they came
    fills: list[Fill] = field(default_factory=list)
    news: list[AccountNews] = field(default_factory=list)
    moved: list[Listing] = field(default_factory=list)
    before_order: Callable[[], None] = lambda: None
    overtaken: Callable[[], bool] = lambda: False
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    cancels: int = 0  # how many were taken
    _open: dict[int, Order] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)  # the newest order of each client order id

    def used(self, asset: Asset) -> Decimal:
        """As much of an asset as open orders may need."""
        return sum(
            (need for each in self.open() for of, need in [self._reserve(each.asked, each.left)] if of == asset),
            Decimal(),
        )

    def free(self, asset: Asset) -> Decimal:
        """What is left for new orders."""
        return self.held[asset] - self.used(asset)

    def balances(self) -> dict[Asset, Decimal]:
        """All that is held of each asset, whether orders use it or not."""
        return {asset: held for asset, held in self.held.items() if held}

    def open(self, listing: Listing | None = None) -> list[Order]:
        """The orders that stand, of one market or of all, oldest first."""
        return [each for each in self._open.values() if listing is None or each.asked.listing == listing]

    def ended(self) -> list[Order]:
        """The orders that stand no more, newest first."""
        return [each for each in reversed(self.orders.values()) if each.state is not State.OPEN]

    def fills_of(self, order: Order) -> list[Fill]:
        """What an order traded, in order."""
        return [each for each in self.fills if each.order == order.number]

    def numbered(self, number: int) -> Order:
        """An order by its number. Raises DeniedError where there is none."""
        if number not in self.orders:
            raise DeniedError(Denial.UNKNOWN)
        return self.orders[number]

    def named(self, client_id: str) -> Order:
        """The newest order that was given that id. Raises DeniedError where there is none."""
        return self.numbered(self._names.get(client_id, 0))

    def place(self, asked: Asked) -> Order:
        """Takes an order: it takes what it may, and rests or ends. Raises DeniedError, and then it never stood."""
        self.before_order()
        self._check(asked)
        takes = self._offers(asked, asked.amount)
        crosses = asked.style is Style.MAKE and bool(takes)
        if crosses and not self.rules.post_only_ends:
            raise DeniedError(Denial.WOULD_TAKE)
        self._check_funds(asked, takes)
        now = self.exchange.now()
        order = self._save(Order(next(self.ids), asked, now, now))
        self.news.append(Opened(order))
        if crosses:
            return self._end(order, "post only")
        order = self._take(order, takes)
        return self._end(order, "found nobody") if asked.style is Style.TAKE and order.left else order

    def cancel(self, number: int) -> Order:
        """Takes an order back. Raises DeniedError where it stands no more, or never did."""
        order = self.numbered(number)
        if order.state is not State.OPEN:
            raise DeniedError(Denial.ENDED)
        self.cancels += 1
        half = self._within(order.asked, _down(order.left * HALF, order.asked.listing.lot))
        if half and self.overtaken():
            order = self._fill(order, half, _limit(order), maker=True, late=True)
        return self._end(order, "cancelled")

    def meet(self, listing: Listing) -> None:
        """Fills what rests where the book has come to it, best price first."""
        for side in Side:
            resting = [each for each in self.open(listing) if each.asked.side is side]
            for order in sorted(resting, key=_limit, reverse=side is Side.BUY):
                self._meet(order)

    def _meet(self, order: Order) -> None:
        takes = self._offers(order.asked, order.left)
        if takes:
            self._consume(order.asked, takes)
            self._fill(order, sum((size for _, size in takes), Decimal()), _limit(order), maker=True)

    def _take(self, order: Order, takes: list[tuple[Decimal, Decimal]]) -> Order:
        self._consume(order.asked, takes)
        for price, size in takes:
            order = self._fill(order, size, price, maker=False)
        return order

    def _fill(self, order: Order, amount: Decimal, price: Decimal, *, maker: bool, late: bool = False) -> Order:
        asked, listing, cost, now = order.asked, order.asked.listing, amount * price, self.exchange.now()
        gets, got, gives, given = _swapped(asked, amount, cost)
        fee_asset = listing.quote if self.rules.fee_in_quote else gets
        rate = self.exchange.maker if maker else self.exchange.taker
        fee = ((cost if fee_asset == listing.quote else amount) * rate).quantize(CENT, ROUND_DOWN)
        realised = self._realised(asked, amount, price)
        self.held[gets] += got
        self.held[gives] -= given
        self.held[fee_asset] -= fee
        fill = Fill(len(self.fills) + 1, order.number, amount, price, fee, fee_asset, maker, now, realised)
        self.fills.append(fill)
        order = replace(order, changed_at=now, state=State.FILLED if amount == order.left else State.OPEN)
        order = replace(order, filled=order.filled + amount, cost=order.cost + cost)
        order = self._save(replace(order, fee=order.fee + fee, fee_asset=fee_asset))
        self.news.append(Filled(order, fill, late=late))
        return order

    def _within(self, asked: Asked, amount: Decimal) -> Decimal:  # noqa: ARG002 - for those that have positions
        """As much of an amount as the order may trade now."""
        return amount

    def _realised(self, asked: Asked, amount: Decimal, price: Decimal) -> Decimal:  # noqa: ARG002 - likewise
        """What a trade that is about to be booked earns of a position, quote units."""
        return Decimal(0)

    def _end(self, order: Order, why: str) -> Order:
        ended = self._save(replace(order, state=State.CANCELLED, changed_at=self.exchange.now(), why=why))
        self.news.append(Ended(ended))
        return ended

    def _save(self, order: Order) -> Order:
        self.orders[order.number] = order
        if order.asked.client_id:
            self._names[order.asked.client_id] = order.number
        if order.state is State.OPEN:
            self._open[order.number] = order
        else:
            self._open.pop(order.number, None)
        return order

    def _offers(self, asked: Asked, amount: Decimal) -> list[tuple[Decimal, Decimal]]:
        """Prices and sizes that an order may take now for so much of it, best first."""
        return list(_takes(replace(asked, amount=self._within(asked, amount)), self._against(asked)))

    def _against(self, asked: Asked) -> Levels:
        book = self.exchange.books[asked.listing]
        return book.asks if asked.side is Side.BUY else book.bids

    def _consume(self, asked: Asked, takes: list[tuple[Decimal, Decimal]]) -> None:
        """Removes what was taken, which are the first levels of one side."""
        if not takes:
            return
        book, kept = self.exchange.books[asked.listing], _without(self._against(asked), takes)
        bids, asks = (book.bids, kept) if asked.side is Side.BUY else (kept, book.asks)
        self.exchange.move(asked.listing, bids, asks)
        self.moved.append(asked.listing)

    def _reserve(self, asked: Asked, left: Decimal) -> tuple[Asset, Decimal]:
        """What an order may still need at worst, and of which asset."""
        if asked.side is Side.SELL or asked.limit is None:
            return asked.listing.base, left
        return asked.listing.quote, left * asked.limit * self._dearer()

    def _dearer(self) -> Decimal:
        """What a purchase costs for each unit of quote it is for."""
        return 1 + max(self.exchange.taker, self.exchange.maker) if self.rules.fee_in_quote else Decimal(1)

    def _check(self, asked: Asked) -> None:
        """Raises DeniedError where the order is not as the market wants orders."""
        listing, rules, limit = asked.listing, self.rules, asked.limit
        if asked.client_id and not re.fullmatch(rules.ids, asked.client_id):
            raise DeniedError(Denial.ID)
        named = self.orders.get(self._names.get(asked.client_id, 0)) if asked.client_id else None
        if named is not None and (rules.ids_forever or named.state is State.OPEN):
            raise DeniedError(Denial.DUPLICATE)
        if limit is not None and (limit <= 0 or limit % Decimal(listing.tick)):
            raise DeniedError(Denial.PRICE)
        if asked.amount <= 0 or asked.amount % Decimal(listing.lot):
            raise DeniedError(Denial.AMOUNT)
        if asked.amount < rules.least(listing):
            raise DeniedError(Denial.TOO_LITTLE)
        if limit is not None and not asked.reduce_only and asked.amount * limit < rules.min_cost:
            raise DeniedError(Denial.TOO_CHEAP)

    def _check_funds(self, asked: Asked, takes: list[tuple[Decimal, Decimal]]) -> None:
        if asked.side is Side.BUY and asked.limit is None:
            asset, need = asked.listing.quote, sum((price * size for price, size in takes), Decimal()) * self._dearer()
        else:
            asset, need = self._reserve(asked, asked.amount)
        if need > self.free(asset):
            raise DeniedError(Denial.FUNDS)


def _swapped(asked: Asked, amount: Decimal, cost: Decimal) -> tuple[Asset, Decimal, Asset, Decimal]:
    """What comes and how much, what goes and how much."""
    if asked.side is Side.BUY:
        return asked.listing.base, amount, asked.listing.quote, cost
    return asked.listing.quote, cost, asked.listing.base, amount


def _takes(asked: Asked, levels: Levels) -> Iterator[tuple[Decimal, Decimal]]:
    """Prices and sizes that an order may take, best first."""
    left = asked.amount
    for price, size in ((Decimal(each.price), Decimal(each.size)) for each in levels):
        if not left or (
            asked.limit is not None and (price > asked.limit if asked.side is Side.BUY else price < asked.limit)
        ):
            return
        yield price, min(size, left)
        left -= min(size, left)


def _without(levels: Levels, takes: list[tuple[Decimal, Decimal]]) -> Levels:
    sizes = [Decimal(level.size) - size for level, (_, size) in zip(levels, takes, strict=False)]
    rest = (Level(level.price, f"{size:f}") for level, size in zip(levels, sizes, strict=False) if size)
    return (*rest, *levels[len(takes) :])


def _limit(order: Order) -> Decimal:
    if order.asked.limit is None:
        raise ValueError("an order at any price does not rest")
    return order.asked.limit


def _down(amount: Decimal, lot: str) -> Decimal:
    return amount // Decimal(lot) * Decimal(lot)
