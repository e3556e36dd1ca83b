"""Values on days that are known: closing prices of real history as quotes. See $REPEG_DATA/README.md."""

import os
from datetime import UTC, datetime
from math import log
from pathlib import Path

import polars as pl
import pytest

from bot.model.decisions import FairValues
from bot.model.events import Quote
from bot.model.markets import Market
from bot.strategy.fair_value import Pricing, solve

DATA = Path(os.environ.get("REPEG_DATA", Path(__file__).parents[3] / "shared" / "data"))
MS = 10**6
HOUR = 3_600_000  # ms
PRICING = Pricing()

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not (DATA / "candles").is_dir(), reason=f"no market history at {DATA}: set REPEG_DATA"),
]


def moment(iso: str) -> int:
    """Milliseconds."""
    return int(datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp() * 1000)


def closes(dataset: str, at: int, price: str = "close") -> list[Quote]:
    """Each market's last bar that began within the hour, as a book without spread, as deep as its volume."""
    quotes = []
    for file in sorted((DATA / "candles" / dataset).glob("*.parquet")):
        venue, pair, _ = file.stem.split("_")
        base, against = pair.split("-")
        bars = pl.read_parquet(file).filter(pl.col("timestamp").is_between(at - HOUR, at)).tail(1)
        for bar in bars.iter_rows(named=True):
            seen, said, size = bar["timestamp"] * MS, bar[price], bar["volume"]
            quotes.append(
                Quote(
                    seen,
                    seen,
                    venue,
                    base.replace("UST", "USTC") if base == "UST" else base,
                    against,
                    said,
                    said,
                    size,
                    size,
                )
            )
    return quotes


def valued(quotes: list[Quote], at: int) -> FairValues:
    """At that minute."""
    return solve(quotes, at * MS, PRICING)


def binance_us(at: int) -> Quote:
    """Its book of USDC in dollars at that minute."""
    books = pl.read_parquet(DATA / "books" / "usdc-2023-03" / "binanceus_USDC-USD_1m.parquet")
    (book,) = books.filter(pl.col("timestamp") == at).iter_rows(named=True)
    bid, ask = book["close"] - book["spread"] / 2, book["close"] + book["spread"] / 2
    return Quote(at * MS, at * MS, "binanceus", "USDC", "USD", bid, ask, book["depth"], book["depth"])


def printed(price: float, at: int, size: float) -> Quote:
    """Binance.US showing one price as if it was a book."""
    return Quote(at * MS, at * MS, "binanceus", "USDC", "USD", price, price, size, size)


def test_march_2023_usdc_fell():
    """11 March 2023, 07:15: USDC at 0.87 to 0.88 dollars, USDT at a premium below 2 %, both anchored."""
    at = moment("2023-03-11T07:15")
    found = valued(closes("usdc-2023-03", at), at).values

    assert found["USDC"].usd == pytest.approx(0.876, abs=0.008)
    assert 1.002 < found["USDT"].usd < 1.02
    assert found["USDC"].anchored
    assert found["USDT"].anchored
    assert found["USDC"].sigma_bp > 3 * found["BTC"].sigma_bp / 2


def test_march_2023_all_day():
    """Through the worst day no minute has USDT more than 2 % from a dollar, or USDC far from its dollar book."""
    for hour in range(24):
        at = moment(f"2023-03-11T{hour:02}:30")
        quotes = closes("usdc-2023-03", at)
        found = valued(quotes, at)
        (kraken,) = (told.bid for told in quotes if told.market == Market("kraken", "USDC", "USD"))

        assert abs(found.values["USDT"].usd - 1) < 0.02
        assert found.values["USDC"].usd == pytest.approx(kraken, rel=0.012)


def test_before_march_2023_nothing_happened():
    """A day earlier both are worth a dollar, to 10 basis points, and known to a few."""
    at = moment("2023-03-10T00:00")
    found = valued(closes("usdc-2023-03", at), at).values

    for coin in ("USDC", "USDT"):
        assert abs(log(found[coin].usd)) < 10e-4
        assert found[coin].sigma_bp < 10


@pytest.mark.parametrize("size", [100.0, 1e6])
def test_binance_us_is_binance_us(size):
    """15:29 on that day: its 0.51, empty book or shown as a firm price of any size, is its own and changes nothing."""
    at = moment("2023-03-11T15:29")
    quotes = closes("usdc-2023-03", at)
    before, beside = valued(quotes, at), valued([*quotes, binance_us(at)], at)
    after = valued([*quotes, printed(0.51, at, size)], at)

    for found in (beside, after):
        assert abs(log(found.values["USDC"].usd / before.values["USDC"].usd)) < 3e-4
        assert abs(log(found.values["USDT"].usd / before.values["USDT"].usd)) < 3e-4
    assert after.residuals[Market("binanceus", "USDC", "USD")] < -5_000
    assert beside.residuals[Market("binanceus", "USDC", "USD")] < -2_000


@pytest.mark.parametrize("minute", ["2022-05-12T07:00", "2022-05-12T07:15", "2022-05-12T07:25"])
def test_may_2022_usdt_fell(minute):
    """12 May 2022: USDC at up to 1.10 USDT, and no dollar book far and wide. USDC is at par, USDT fell, UST is lost."""
    at = moment(minute)
    quotes = closes("ust-2022-05", at)
    found = valued(quotes, at).values
    (paid,) = (told.bid for told in quotes if told.base == "USDC")

    assert found["USDC"].usd == pytest.approx(1, abs=0.002)
    assert found["USDT"].usd == pytest.approx(1 / paid, rel=0.002)
    assert found["USTC"].usd < 0.6
    assert not any(found[coin].anchored for coin in ("USDC", "USDT", "USTC"))
    assert found["USDT"].anchor == 0


def test_a_bad_print_is_outvoted():
    """11 May 2022, 20:29: USDC printed at 3.99 USDT. Where USDC has other markets, nothing moves."""
    at = moment("2022-05-11T20:29")
    highs = [told for told in closes("ust-2022-05", at, "high") if told.base == "USDC"]
    others = [told for told in closes("ust-2022-05", at) if told.base == "BTC"]
    (bitcoin,) = (told.bid for told in others)
    elsewhere = [
        Quote(at * MS, at * MS, venue, base, against, price, price, 1e6 / price, 1e6 / price)
        for venue, base, against, price in [
            ("kraken", "USDT", "USD", 0.9950),
            ("kraken", "BTC", "USD", bitcoin * 0.995),
            ("coinbase", "BTC", "USD", bitcoin * 0.995),
            ("coinbase", "BTC", "USDC", bitcoin * 0.995),
            ("ftx", "USDC", "USD", 1.0001),
        ]
    ]
    found = valued([*highs, *others, *elsewhere], at)

    assert highs[0].bid == pytest.approx(3.99)
    assert found.values["USDC"].usd == pytest.approx(1, abs=0.001)
    assert found.values["USDT"].usd == pytest.approx(0.995, abs=0.001)
    assert found.residuals[Market("binance", "USDC", "USDT")] > 10_000


def test_a_quiet_half_year():
    """January to June 2025: USDC and USDT within 20 basis points of a dollar on the first of every month."""
    for month in range(1, 7):
        at = moment(f"2025-0{month}-01T12:00")
        found = valued(closes("quiet-2025", at), at).values

        assert all(abs(found[coin].usd - 1) < 20e-4 for coin in ("USDC", "USDT"))
