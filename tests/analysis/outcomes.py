"""Outcomes of replays made up: trades of coins that fell, filled in parts, some of them still open at the end."""

from decimal import Decimal
from functools import partial
from itertools import accumulate

from hypothesis import strategies as st

from bot.analysis.outcome import Declined, Fill, Outcome, Standing
from bot.model.decisions import Depeg, Severity
from bot.model.markets import Market
from bot.model.orders import Purpose, Side
from bot.model.times import DAY, HOUR, MINUTE

BEGAN = 19_427 * DAY  # 2023-03-11
CAPITAL = 1e6
ENTER, EXIT, HEDGE = Purpose.ENTER, Purpose.EXIT, Purpose.HEDGE


def fill(trade, minute, side, amount, price, **facts):
    """One fill of 10 bp fee at the price seen, unless told otherwise; entering when it buys."""
    usual = {
        "order_id": f"{trade}{minute}",
        "kind": "hold",
        "coin": "USDC",
        "market": Market("kraken", "USDC", "USD"),
        "purpose": ENTER if side is Side.BUY else EXIT,
        "seen_price": float(price),
        "fee_usd": float(amount) * float(price) * 0.001,
        "quote_usd": 1.0,
        "why": "bought" if side is Side.BUY else "sold",
    }
    told = {**usual, **facts}
    at = BEGAN + minute * MINUTE
    return Fill(trade=trade, side=side, at=at, amount=Decimal(str(amount)), price=Decimal(str(price)), **told)


def outcome(fills=(), curve=(), *, path=(), episodes=(), declined=(), capital=CAPITAL):
    """What came of these fills in a market whose closes were `path`: (minute, dollars)."""
    closes = tuple((BEGAN + minute * MINUTE, price) for minute, price in path)
    standings = tuple(Standing(BEGAN + minute * MINUTE, equity, held) for minute, equity, held in curve)
    return Outcome(
        capital=capital,
        episodes=tuple(episodes),
        fills=tuple(fills),
        curve=standings,
        declined=tuple(declined),
        best_exit=partial(_best, closes),
        prices=lambda _coin, since, until: tuple(each for each in closes if since <= each[0] <= until),
        events=1_000,
        looks=5_000,
    )


def _best(closes, _trade, after, until):
    return max((price for at, price in closes if after <= at <= until), default=float("nan"))


def depeg(coin="USDC", start=0, end=None, *, scope="coin", trough=0.88):
    """A depeg from one minute to the other, worst an hour after it began."""
    return Depeg(
        coin=coin,
        scope=scope,
        direction="below",
        start=BEGAN + start * MINUTE,
        alert=BEGAN + (start + 1) * MINUTE,
        severity=Severity.CRITICAL,
        trough_at=BEGAN + start * MINUTE + HOUR,
        trough=trough,
        peak_bp=(1 - trough) * 1e4,
        anchored=True,
        venues=("kraken", "coinbase"),
        end=None if end is None else BEGAN + end * MINUTE,
    )


def declined(minute, reason, *, coin="USDT", kind="hold"):
    """A chance passed up."""
    return Declined(BEGAN + minute * MINUTE, coin, kind, reason)


PRICES = st.integers(min_value=5_000, max_value=12_000).map(lambda price: Decimal(price) / 10_000)
AMOUNTS = st.integers(min_value=1, max_value=1_000_000).map(Decimal)
PLACES = st.sampled_from(
    [Market("kraken", "USDC", "USD"), Market("binance", "USDC", "USDT"), Market("coinbase", "DAI", "USD")]
)


@st.composite
def trades(draw, trade):
    """The fills of one trade that buys and then sells all or a part of it, every close of its market among them."""
    place, kind = draw(PLACES), draw(st.sampled_from(["hold", "pair"]))
    bought = draw(st.lists(AMOUNTS, min_size=1, max_size=3))
    parts = draw(st.lists(st.integers(1, 100), max_size=3))
    whole = max(sum(parts), draw(st.sampled_from([sum(parts), 200])), 1)
    amounts = [(Side.BUY, amount) for amount in bought]
    amounts += [(Side.SELL, sum(bought) * part / whole) for part in parts]
    minutes = accumulate(draw(st.lists(st.integers(1, 3_000), min_size=len(amounts), max_size=len(amounts))))
    return [
        fill(trade, minute, side, amount, draw(PRICES), coin=place.base, market=place, kind=kind)
        for (side, amount), minute in zip(amounts, minutes, strict=True)
    ]


@st.composite
def outcomes(draw):
    """Some trades, an equity that wanders, and closes at every price that anything was filled at."""
    fills = [each for n in range(draw(st.integers(0, 5))) for each in draw(trades(f"t{n}"))]
    fills.sort(key=lambda each: each.at)
    path = [((each.at - BEGAN) // MINUTE, float(each.price)) for each in fills]
    return outcome(fills, draw(curves()), path=path, episodes=[depeg(end=draw(st.none() | st.integers(0, 9_000)))])


@st.composite
def curves(draw):
    """Equity and exposure now and then: (minute, dollars, dollars)."""
    steps = draw(st.lists(st.tuples(st.integers(1, 2_000), st.floats(0.5, 1.5), st.floats(0, 1)), max_size=20))
    minutes = accumulate(step for step, _, _ in steps)
    equities = accumulate((change for _, change, _ in steps), lambda equity, change: equity * change, initial=CAPITAL)
    rows = zip(minutes, list(equities)[1:], steps, strict=True)
    return [(minute, equity, equity * share) for minute, equity, (_, _, share) in rows]
