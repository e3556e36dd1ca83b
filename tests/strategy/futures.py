"""A desk that may sell USDC short: its perpetual against USDT at a third exchange."""

from dataclasses import replace
from decimal import Decimal

from bot.model.decisions import Action
from bot.model.events import QuotesSeen
from bot.model.markets import Market, perpetual
from bot.model.orders import Terms, Ticket
from bot.model.times import SECOND
from bot.strategy.mandate import Mandate
from strategy.desks import ALPHA, BETA, USDC, USDT, World, market, placed, policy, quote, seen

GAMMA = "gamma"
FUTURE = perpetual(USDC)
SHORT = Market(GAMMA, FUTURE, USDT)
CARRIED = Terms(taker=Decimal("0.0005"), maker=Decimal("0.0002"), min_cost=Decimal(5), carry=0.0005)
LOW, DEAR = 0.90, 0.94


def futures(mandate: Mandate | None = None, terms: Terms = CARRIED, margin: float = 100_000) -> World:
    """USDC against dollars at two exchanges, its perpetual against USDT at a third; money at all."""
    markets = [market(), market(BETA), market(ALPHA, USDT), SHORT]
    made = World(policy(mandate, markets))
    rules = made.policy.rules
    assert rules
    made.policy = replace(made.policy, rules=replace(rules, terms={**rules.terms, SHORT: terms}))
    made.tell(seen(ALPHA, USD=100_000), seen(BETA, USD=100_000), seen(GAMMA, USDT=margin))
    return made


def look(made: World, spot: float, future: float, after: int = SECOND, size: float = 1e6) -> list[Action]:
    """What comes of a look at these two prices."""
    made.now += after
    quotes = (
        quote(ALPHA, made.now, spot, size=size),
        quote(BETA, made.now, spot, size=size),
        quote(ALPHA, made.now, 1.0002, USDT),
        quote(GAMMA, made.now, future, FUTURE, size, USDT),
    )
    return made.tell(QuotesSeen(made.now, made.now, quotes))


def fallen(made: World, spot: float = LOW, future: float = DEAR) -> list[Ticket]:
    """What is ordered once USDC is known to have left its peg."""
    for _ in range(8):
        if orders := placed(look(made, spot, future, 15 * SECOND)):
            return orders
    return []


def hedged(made: World) -> World:
    """The same after both legs were ordered and filled."""
    for each in fallen(made):
        made.fill(each)
    (trade,) = made.account.trades.values()
    assert trade.kind == "hedged"
    assert trade.net > 0
    assert trade.bare == 0
    return made
