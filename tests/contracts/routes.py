"""Chances on the sandbox chain: which pool somebody pushes, and the legs that pay then. For every lender and leg."""

from dataclasses import dataclass

from bot.model.registry import Address, LenderKind, Pool, Registry
from bot.sandbox import addresses as at
from bot.sandbox.addresses import DAI, SDAI, SUSD, USDC, USDT
from bot.venues import registry_file
from bot.venues.calldata import Leg, Loan, Venue

REGISTRY: Registry = registry_file.load("sandbox")
PUSHED = 6_000_000  # whole coins somebody sells into a pool
BORROWED = 200_000  # whole coins
NEW_3POOL = (DAI, USDC, USDT)
SUSD_POOL = (DAI, USDC, USDT, SUSD)


@dataclass(frozen=True)
class Push:
    """Somebody sells so many whole coins, `coins[i]` for `coins[j]`, and leaves the pool out of balance."""

    pool: Address
    i: int
    j: int
    coins: int = PUSHED


@dataclass(frozen=True)
class Route:
    """The chance a push opens."""

    push: Push
    legs: tuple[Leg, ...]

    @property
    def token(self) -> Address:
        """What is borrowed."""
        return self.legs[0].token_in


def whole(coin: Address, coins: int) -> int:
    """Whole coins in base units."""
    return coins * 10 ** REGISTRY.coins[coin].decimals


def pool(address: Address) -> Pool:
    """A pool of the sandbox's registry."""
    return REGISTRY.pools[address]


def loan(kind: LenderKind, source: Address, token: Address) -> Loan:
    """BORROWED whole coins."""
    return Loan(kind, source, token, whole(token, BORROWED))


def curve(address: Address, coins: tuple[Address, ...], sold: Address, bought: Address) -> Leg:
    """An exchange of a Curve pool that holds `coins` in this order."""
    return Leg(Venue.CURVE_INT128, address, sold, bought, i=coins.index(sold), j=coins.index(bought))


def uniswap_v3(address: Address, sold: Address, bought: Address) -> Leg:
    """A swap with a Uniswap V3 pool."""
    return Leg(Venue.UNISWAP_V3, address, sold, bought)


BUY_USDC_AT_PAR = Leg(Venue.PSM_BUY_GEM, at.LITE_PSM, DAI, USDC)
BUY_DAI_AT_PAR = Leg(Venue.PSM_SELL_GEM, at.LITE_PSM, USDC, DAI)

CHEAP_DAI = Push(at.V3_DAI_USDC_1BP, 0, 1)
BUY_CHEAP_DAI = uniswap_v3(at.V3_DAI_USDC_1BP, USDC, DAI)

# One two-leg loop for each token that is lent: Uniswap V3, then Curve.
LOOPS = {
    USDC: Route(CHEAP_DAI, (BUY_CHEAP_DAI, curve(at.CURVE_3POOL, NEW_3POOL, DAI, USDC))),
    USDT: Route(
        Push(at.V3_DAI_USDT_1BP, 0, 1),
        (uniswap_v3(at.V3_DAI_USDT_1BP, USDT, DAI), curve(at.CURVE_3POOL, NEW_3POOL, DAI, USDT)),
    ),
    DAI: Route(
        Push(at.V3_DAI_USDC_1BP, 1, 0),
        (uniswap_v3(at.V3_DAI_USDC_1BP, DAI, USDC), curve(at.CURVE_3POOL, NEW_3POOL, USDC, DAI)),
    ),
}

# A loan of each token from each lender. A pool lends none of what its own swap is to pay: it is locked meanwhile.
LOANS = [
    (kind, source, token)
    for kind, source, tokens in (
        (LenderKind.MORPHO_BLUE, at.MORPHO, (USDC, USDT, DAI)),
        (LenderKind.BALANCER_V2, at.BALANCER_VAULT, (USDC, USDT, DAI)),
        (LenderKind.AAVE_V3, at.AAVE_POOL, (USDC, USDT, DAI)),
        (LenderKind.UNISWAP_V3, at.V3_USDC_USDT_1BP, (USDC, USDT)),
        (LenderKind.UNISWAP_V3, at.V3_DAI_USDT_1BP, (DAI,)),
        (LenderKind.ERC3156, at.DSS_FLASH, (DAI,)),
    )
    for token in tokens
]

LOAN_NAMES = [f"{REGISTRY.coins[token].symbol} from {kind.name.lower()}" for kind, _, token in LOANS]

# Each kind of leg in some loop. What redeems at par stands for "the other pool".
ROUTES = {
    "Curve of 2020, Tether in": Route(
        Push(at.CURVE_SUSD, 0, 2, 2_000_000),
        (curve(at.CURVE_SUSD, SUSD_POOL, USDT, DAI), curve(at.CURVE_3POOL, NEW_3POOL, DAI, USDT)),
    ),
    "Curve of 2020, Tether out": Route(
        Push(at.CURVE_SUSD, 2, 0, 2_000_000),
        (curve(at.CURVE_SUSD, SUSD_POOL, DAI, USDT), curve(at.CURVE_3POOL, NEW_3POOL, USDT, DAI)),
    ),
    "Curve, through a metapool": Route(
        Push(at.CURVE_SUSD, 3, 0, 3_000_000),
        (
            curve(at.CURVE_SUSD, SUSD_POOL, DAI, SUSD),
            Leg(Venue.CURVE_UNDERLYING, at.META_SUSD_3POOL, SUSD, DAI, i=0, j=1),
        ),
    ),
    "Uniswap V3, both ways": Route(CHEAP_DAI, (BUY_CHEAP_DAI, uniswap_v3(at.V3_DAI_USDC_5BP, DAI, USDC))),
    "Uniswap V2 first": Route(
        Push(at.V2_DAI_USDC, 0, 1, 1_000_000),
        (Leg(Venue.UNISWAP_V2, at.V2_DAI_USDC, USDC, DAI, i=30), BUY_USDC_AT_PAR),
    ),
    "Uniswap V2 last": Route(
        Push(at.V2_DAI_USDC, 1, 0, 1_000_000),
        (BUY_DAI_AT_PAR, Leg(Venue.UNISWAP_V2, at.V2_DAI_USDC, DAI, USDC, i=30)),
    ),
    "PSM, gems bought": Route(CHEAP_DAI, (BUY_CHEAP_DAI, BUY_USDC_AT_PAR)),
    "PSM, gems sold": Route(
        Push(at.V3_DAI_USDC_1BP, 1, 0), (BUY_DAI_AT_PAR, uniswap_v3(at.V3_DAI_USDC_1BP, DAI, USDC))
    ),
    "ERC-4626, in and out": Route(
        CHEAP_DAI,
        (
            BUY_CHEAP_DAI,
            Leg(Venue.ERC4626_DEPOSIT, SDAI, DAI, SDAI),
            Leg(Venue.ERC4626_REDEEM, SDAI, SDAI, DAI),
            BUY_USDC_AT_PAR,
        ),
    ),
}
