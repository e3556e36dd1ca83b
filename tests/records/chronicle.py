"""Episodes, paths and depegs to keep."""

from dataclasses import replace

from hypothesis import strategies as st

from bot.model.decisions import Depeg, Severity
from bot.model.episodes import Episode, Grade, Outcome, Path, Point
from bot.model.times import DAY, HOUR, MINUTE, moment

START = moment("2023-03-10T22:05Z")

SVB = Episode(
    id="usdc-2023-03",
    coin="USDC",
    start=START,
    trough_at=moment("2023-03-11T07:15Z"),
    trough=0.874,
    peak_bp=1260.0,
    recovered_at=moment("2023-03-13T02:44Z"),
    outcome=Outcome.RECOVERED,
    severity=Severity.CRITICAL,
    cause="reserves in a failed bank",
    spread_to=("DAI", "FRAX"),
    grade=Grade.MEASURED,
    sources=("candles",),
)

PATH = Path(tuple(Point(START + k * MINUTE, 1.0 - k / 1_000) for k in range(100)), "USD", "kraken USDC/USD")

DEPEG = Depeg(
    coin="USDC",
    scope="coin",
    direction="below",
    start=START,
    alert=START + MINUTE,
    severity=Severity.MINOR,
    trough_at=START + MINUTE,
    trough=0.993,
    peak_bp=70.0,
    anchored=True,
    venues=("kraken",),
    evidence=("kraken USDC/USD 0.993",),
)


def numbered(count):
    """So many episodes with paths, of ten coins and all depths, a day apart."""
    return [
        (
            replace(
                SVB,
                id=f"c{k % 10}-{k}",
                coin=f"C{k % 10}",
                start=START + k * DAY,
                trough_at=START + k * DAY + HOUR,
                recovered_at=None,
                peak_bp=float(20 + k * 37 % 5_000),
            ),
            Path(tuple(Point(START + k * DAY + i * MINUTE, 1.0 - i * 1e-4) for i in range(20)), "USD", "made"),
        )
        for k in range(count)
    ]


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
prices = st.floats(0, 1e6)
moments = st.integers(0, 4_000_000_000_000_000).map(lambda microseconds: microseconds * 1_000)
paths = st.builds(
    Path,
    points=st.lists(
        st.builds(Point, at=st.integers(-(2**63), 2**63 - 1), price=st.floats(allow_nan=False)), min_size=1
    ).map(lambda points: tuple(sorted({point.at: point for point in points}.values()))),
    against=texts,
    source=texts,
)
episode = st.builds(
    Episode,
    id=texts,
    coin=texts,
    start=moments,
    alert=moments | st.none(),
    trough_at=moments | st.none(),
    trough=prices | st.none(),
    peak_bp=prices | st.none(),
    end=moments | st.none(),
    recovered_at=st.none(),
    reopened=moments | st.none(),
    depth_usd=prices | st.none(),
    scope=texts,
    against=texts,
    cause=texts,
    liquidity=texts,
    candles=texts,
    **{name: st.lists(texts).map(tuple) for name in ("caught_from", "spread_to", "venues", "sources")},
)
