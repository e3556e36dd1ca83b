"""The markets of one exchange that are fresh: what was last said of each, and when."""

from bot.model.events import Quote
from bot.model.markets import Market
from bot.venues import quoting
from bot.venues.health import SECOND
from bot.venues.mailbox import Mailbox


class Board:
    """Posts quotes into `mailbox`, and takes markets out that have said nothing for `stale_after` seconds.

    A market that says the same again is fresh, but is only posted again after `repeat` seconds.
    """

    def __init__(self, mailbox: Mailbox, stale_after: float, repeat: float) -> None:
        self.crossed = 0
        self._mailbox = mailbox
        self._stale_after = round(stale_after * SECOND)
        self._repeat = round(repeat * SECOND)
        self._posted: dict[Market, Quote] = {}
        self._heard: dict[Market, int] = {}  # ns

    def __len__(self) -> int:
        return len(self._heard)

    def post(self, quote: Quote) -> None:
        """What a market says now. A crossed book is no quote, and counted; an empty one takes the market out."""
        market = quote.market
        if quoting.crossed(quote):
            self.crossed += 1
        elif quote.bid is None and quote.ask is None:
            self._drop(market)
        else:
            self._heard[market] = quote.seen_at
            if self._is_news(quote, self._posted.get(market)):
                self._posted[market] = quote
                self._mailbox.put(quote)

    def expire(self, now: int) -> None:
        """Takes out the markets that have been silent too long at `now`, ns."""
        for market in [market for market, heard in self._heard.items() if now - heard > self._stale_after]:
            self._drop(market)

    def clear(self) -> None:
        """Takes all out: nobody listens any more."""
        for market in tuple(self._heard):
            self._drop(market)

    def _is_news(self, quote: Quote, before: Quote | None) -> bool:
        return (
            before is None
            or quote.seen_at - before.seen_at >= self._repeat
            or (quote.bid, quote.ask, quote.bid_size, quote.ask_size)
            != (before.bid, before.ask, before.bid_size, before.ask_size)
        )

    def _drop(self, market: Market) -> None:
        self._posted.pop(market, None)
        if self._heard.pop(market, None) is not None:
            self._mailbox.drop(market)
