"""Generated pools of every family, and amounts to swap in them."""

from dataclasses import dataclass

from hypothesis import strategies as st

from bot.amm.concentrated import Concentrated
from bot.amm.constant_product import ConstantProduct
from bot.amm.invariant import Dialect
from bot.amm.ladder import Ladder
from bot.amm.redemption import Psm, Vault
from bot.amm.side import PoolState
from bot.amm.stableswap import StableSwap
from bot.amm.ticks import sqrt_ratio
from bot.units import WAD

DECIMALS = (2, 6, 8, 18)


FEES = st.integers(0, 10**8)


@st.composite
def stableswaps(draw, *, imbalance=1000, fees=FEES, offpeg=(0, 10**10, 2 * 10**10, 20 * 10**10)):
    """StableSwap pools of a thousand to ten billion coins, their balances up to `imbalance` to one apart."""
    n = draw(st.integers(2, 4))
    decimals = [draw(st.sampled_from(DECIMALS)) for _ in range(n)]
    middle = draw(st.integers(10**3, 10**10 // imbalance))
    balances = tuple(draw(st.integers(middle * 10**d, middle * imbalance * 10**d)) for d in decimals)
    rates = [10 ** (36 - d) for d in decimals]
    if draw(st.booleans()):  # a base pool's LP token, or a vault's share
        rates[-1] = rates[-1] * draw(st.integers(WAD, 2 * WAD)) // WAD
    return StableSwap(
        balances,
        amp=100 * draw(st.integers(2, 5000)),
        fee=draw(fees),
        rates=tuple(rates),
        offpeg_fee=draw(st.sampled_from(offpeg)),
        supply=sum(balance * rate // WAD for balance, rate in zip(balances, rates, strict=True)),
        dialect=draw(st.sampled_from(Dialect)),
    )


@dataclass(frozen=True)
class V3:
    """A Uniswap V3 pool, and its ticks as the contract keeps them."""

    pool: Concentrated
    nets: dict[int, int]


@st.composite
def concentrateds(draw, least=10**16):
    """Uniswap V3 pools of a few positions, with gaps between them as they come; the price anywhere on the ladder.

    Where `least` is tiny a step between two ticks is a fraction of a unit, and estimates mean nothing.
    """
    fee, spacing = draw(st.sampled_from(((100, 1), (500, 10), (3000, 60))))
    centre = draw(st.sampled_from((0, -276320, 276320))) // spacing
    nets: dict[int, int] = {}
    for _ in range(draw(st.integers(1, 6))):
        low = draw(st.integers(-700, 699))
        high = draw(st.integers(low + 1, 700))
        amount = draw(st.integers(least, 10**24))
        for place, net in ((low, amount), (high, -amount)):
            tick = (centre + place) * spacing
            nets[tick] = nets.get(tick, 0) + net
    tick = draw(st.integers(min(nets), max(nets) - 1))
    price = draw(st.integers(sqrt_ratio(tick), sqrt_ratio(tick + 1) - 1))
    return V3(Concentrated(Ladder(sorted(nets.items()), fee, spacing), price, tick), nets)


constant_products = st.builds(
    ConstantProduct, st.integers(1, 10**33), st.integers(1, 10**33), st.sampled_from((500, 2500, 3000))
)
psms = st.builds(
    Psm,
    tin=st.integers(0, WAD // 10),
    tout=st.integers(0, WAD // 10),
    to18=st.sampled_from((1, 10**12)),
    dai_room=st.integers(0, 10**28),
    gem_room=st.integers(0, 10**16),
)
vaults = st.integers(1, 10**27).flatmap(
    lambda shares: st.builds(
        Vault,
        assets=st.integers(shares, 2 * shares),
        shares=st.just(shares),
        max_deposit=st.integers(0, 10**30),
        max_redeem=st.integers(0, shares),
    )
)


@dataclass(frozen=True)
class Way:
    """A pool and one direction through it that is open."""

    state: PoolState
    i: int
    j: int

    @property
    def side(self):
        return self.state.side(self.i, self.j)

    @property
    def back(self):
        return self.state.side(self.j, self.i)


def families(curve):
    """Pools of every family, Curve's as given."""
    return st.one_of(curve, concentrateds().map(lambda v3: v3.pool), constant_products, psms, vaults)


EVERY = families(stableswaps())


def ways(states=EVERY):
    """Open ways through pools."""
    pairs = ((0, 1), (1, 0))
    return st.builds(lambda state, pair: Way(state, *pair), states, st.sampled_from(pairs)).filter(
        lambda way: way.side.cap > 0
    )


def amounts(side, most=None):
    """Inputs from one unit to all that can be priced, as likely tiny as huge."""
    cap = min(side.cap, most or side.cap)
    return st.one_of(
        st.integers(1, cap), st.integers(0, cap.bit_length() - 1).map(lambda bits: 1 << bits), st.just(cap)
    )


def sensible(way):
    """Inputs up to ten times what the pool holds: beyond, floats have nothing left to say."""
    match way.state:
        case StableSwap():
            return amounts(way.side, 10 * way.state.balances[way.i] + 1)
        case ConstantProduct():
            return amounts(way.side, 10 * way.state.reserves[way.i] + 1)
    return amounts(way.side)
