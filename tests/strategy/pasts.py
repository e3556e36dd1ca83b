"""Past episodes, real and made up, and depegs to hold them against."""

from functools import cache

from hypothesis import strategies as st

from bot.model.coins import Mechanism, shipped
from bot.model.decisions import Depeg
from bot.model.episodes import Episode, Grade, Outcome, Precision, Redemption, severity_of
from bot.model.redeeming import Access
from bot.model.times import DAY, HOUR, moment
from bot.records import catalogue
from bot.strategy.memory import Memory
from bot.strategy.outlook import Evidence

NOW = moment("2026-01-01")
COINS = {
    Mechanism.FIAT: shipped().by_symbol["USDC"],
    Mechanism.CRYPTO: shipped().by_symbol["DAI"],
    Mechanism.DELTA_NEUTRAL: shipped().by_symbol["USDE"],
    Mechanism.ALGORITHMIC: shipped().by_symbol["UST"],
}
OUTCOMES = st.sampled_from(Outcome)
WORSENING = (  # redemption, the best first
    Access(Redemption.OPEN, None, ""),
    Access(Redemption.CLOSED, NOW + DAY, ""),
    Access(Redemption.UNKNOWN, None, ""),
    Access(Redemption.CLOSED, NOW + 300 * DAY, ""),
    Access(Redemption.CLOSED, None, ""),
    Access(Redemption.BROKEN, None, ""),
)


@cache
def everything():
    """All that the catalogue remembers."""
    return Memory.of(catalogue.parse(catalogue.shipped()))


def depeg(bp=200.0, lasted=HOUR, coin="USDC", direction="below", scope="coin", venues=3, fell_in=HOUR):
    """A coin that left its peg so long before NOW, and how far."""
    start = NOW - lasted
    price = max(1.0 - bp / 1e4, 0.0) if direction == "below" else 1.0 + bp / 1e4
    names = tuple(f"venue{k}" for k in range(venues))
    at = start + min(fell_in, lasted)
    return Depeg(coin, scope, direction, start, start, severity_of(bp), at, price, bp, True, names)


@st.composite
def episodes(draw, outcome=OUTCOMES):
    """Any episode that may have been, over by NOW."""
    bp = draw(st.none() | st.floats(10, 10_000))
    start = NOW - draw(st.integers(2, 1000)) * 100 * DAY // 100
    falling = draw(st.integers(0, 100)) * HOUR
    ended = draw(outcome)
    known = draw(st.booleans()) and ended in (Outcome.RECOVERED, Outcome.RELAPSED)
    return Episode(
        id=str(draw(st.integers(0, 10**12))),
        coin="X",
        start=start,
        direction=draw(st.sampled_from(("below", "above"))),
        mechanism=draw(st.none() | st.sampled_from(Mechanism)),
        trough_at=draw(st.none() | st.just(start + falling)),
        trough=None if bp is None else 1 - bp / 1e4,
        peak_bp=bp,
        recovered_at=start + falling + draw(st.integers(0, 900)) * HOUR if known else None,
        precision=draw(st.sampled_from(Precision)),
        outcome=ended,
        redemption=draw(st.sampled_from(Redemption)),
        caught_from=draw(st.sampled_from(((), ("other",)))),
        venues=draw(st.sampled_from(((), ("a",), ("a", "b", "c")))),
        grade=draw(st.sampled_from(Grade)),
        doubtful=draw(st.booleans()),
    )


memories = st.lists(episodes(), max_size=12).map(Memory.of) | st.builds(everything)
coins = st.sampled_from((None, *COINS.values()))
accesses = st.sampled_from(WORSENING)
evidences = st.builds(
    Evidence,
    pool_share=st.none() | st.floats(0, 1),
    pool_velocity=st.none() | st.floats(-1, 1),
    psm_drain=st.none() | st.floats(-1, 1),
)
depegs = st.builds(
    depeg,
    bp=st.floats(20, 10_000),
    lasted=st.integers(0, 90 * DAY),
    venues=st.integers(0, 9),
    fell_in=st.integers(0, 5 * DAY),
)
