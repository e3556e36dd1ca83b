"""What the user lets the desk do at exchanges, and how much may be lost by it."""

from dataclasses import dataclass

from bot.model.times import HOUR, SECOND


@dataclass(frozen=True, slots=True)
class Mandate:
    """Shares are of the capital, 0 to 1. Times in ns.

    Reasoned, not fitted. A drawdown of 3 % is what a fund explains without being asked twice; bets that can go wrong
    together may use four fifths of it, so that prices may gap through a stop. A quarter of Kelly's stake keeps
    nine tenths of nothing else but growth's variance away: the outlook is an estimate from few episodes.
    """

    holds: bool = True
    pairs: bool = True
    hedges: bool = True  # buy coins and sell their perpetuals short, where the two are far enough apart
    unanchored: bool = False  # hold coins though no dollar market says what they are worth
    max_drawdown: float = 0.03  # from the peak of all that is held: beyond it nothing new is begun
    max_daily_loss: float = 0.02
    risk: float = 0.024  # lost when every hold falls to its stop
    risk_per_bet: float = 0.02  # the same of coins that fall together
    kelly: float = 0.25
    per_coin: float = 0.20
    per_issuer: float = 0.25
    per_mechanism: float = 0.40
    per_venue: float = 0.40
    exposure: float = 0.50
    edge: float = 0.01  # expected profit of a hold for each dollar, at least: below it costs we do not see decide
    parted: float = 0.05  # of what a hedged coin cost: lost when it and its perpetual part as when all flee
    pair_bp: float = 10.0  # net of a pair, at least
    rebalance_bp: float = 2.0  # of what a pair trades, to bring coins and money back: twice 4 dollars for 40,000
    slippage_bp: float = 10.0  # worse than the price seen, at most, of an order that is not urgent
    urgent_bp: float = 150.0  # the same of one that is
    share: float = 0.10  # of what stands or trades in a market a minute, for one order
    least_usd: float = 100.0  # an order
    most_usd: float = 50_000.0
    sure_bp: float = 100.0  # a value less sure than this is not traded on
    capital_cost: float = 0.10  # a year
    order_life: int = 20 * SECOND  # a resting order is pulled and thought over anew
    pair_age: int = 2 * SECOND  # older quotes do not stand any more
    unwind_bp: float = 50.0  # what completing a one-sided pair may cost at first; it may cost more the longer it stands
    slips: int = 5  # orders in a row filled worse than they may be stop new ones
    patience: int = 5 * SECOND  # after an order refused, or, where it is not urgent, one that found nobody
    closing: int = HOUR  # before redemption closes, a losing hold is halved
