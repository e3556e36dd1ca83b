"""What the user lets repeg do at exchanges: the table [desk] of the settings file."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bot.strategy.mandate import Mandate

MANDATE = Mandate()

Share = Annotated[float, Field(gt=0, le=1)]
Bp = Annotated[float, Field(ge=0, le=10_000)]
Dollars = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Gwei = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]


class Chain(BaseModel):
    """The wallet that trades in Curve's pools; none where no keystore is named. Not the operator's key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keystore: Path | None = None
    password_file: Path | None = None
    max_fee_gwei: Gwei = 50.0  # a gas may cost; while it costs more nothing is sent
    confirmations: Annotated[int, Field(ge=1, le=64)] = 1  # blocks, before a fill is told


class Desk(BaseModel):
    """Where orders may go, and how much may be lost by them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    venues: list[str] = []  # exchanges where orders may go; none: none goes anywhere
    keys: Path = Path("~/.config/repeg/exchanges")  # a file <venue>.json for each, readable by its owner alone
    paper_usd: Annotated[Dollars, Field(le=1e12)] = 1_000_000.0  # of a dry run, in equal parts at the venues
    holds: bool = MANDATE.holds
    pairs: bool = MANDATE.pairs
    hedges: bool = MANDATE.hedges
    unanchored: bool = MANDATE.unanchored
    max_drawdown: Share = MANDATE.max_drawdown
    max_daily_loss: Share = MANDATE.max_daily_loss
    risk: Share = MANDATE.risk
    risk_per_bet: Share = MANDATE.risk_per_bet
    kelly: Share = MANDATE.kelly
    per_coin: Share = MANDATE.per_coin
    per_issuer: Share = MANDATE.per_issuer
    per_mechanism: Share = MANDATE.per_mechanism
    per_venue: Share = MANDATE.per_venue
    exposure: Share = MANDATE.exposure
    edge: Annotated[float, Field(ge=0, le=1)] = MANDATE.edge
    parted: Share = MANDATE.parted
    pair_bp: Bp = MANDATE.pair_bp
    rebalance_bp: Bp = MANDATE.rebalance_bp
    slippage_bp: Bp = MANDATE.slippage_bp
    urgent_bp: Bp = MANDATE.urgent_bp
    unwind_bp: Bp = MANDATE.unwind_bp
    share: Share = MANDATE.share
    least_usd: Dollars = MANDATE.least_usd
    most_usd: Dollars = MANDATE.most_usd
    chain: Chain = Chain()

    @field_validator("venues")
    @classmethod
    def _once(cls, told: list[str]) -> list[str]:
        if len(set(told)) < len(told):
            raise ValueError("each exchange once")
        return told

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.least_usd > self.most_usd:
            raise ValueError("least_usd is over most_usd: no order would ever be placed")
        return self

    @property
    def trades(self) -> bool:
        """Whether orders may go anywhere: to exchanges, or to pools from a wallet."""
        return bool(self.venues) or self.chain.keystore is not None

    def mandate(self) -> Mandate:
        """As the strategy reads it."""
        return Mandate(**self.model_dump(exclude={"venues", "keys", "paper_usd", "chain"}))
