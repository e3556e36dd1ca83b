"""What the user decides: a TOML file, over it the environment (REPEG__NODE__URLS=...), over it the flags.

Frozen once loaded. No secret is ever a setting: settings name the files that hold them.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from yarl import URL

from bot.app.complaints import WrongSettingsError, complaints, wanted
from bot.app.desk_settings import Desk
from bot.model.decisions import Severity
from bot.model.errors import UserError
from bot.model.registry import Address, Pool
from bot.model.times import SECOND
from bot.strategy.planning import Bidding
from bot.strategy.risk import Limits
from bot.strategy.thresholds import Thresholds
from bot.units import BPS, GWEI

# the strategy's own defaults, said there and nowhere else
LIMITS, BIDDING, THRESHOLDS = Limits(), Bidding(), Thresholds()

Bps = Annotated[int, Field(ge=0, le=10_000)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _checksummed(text: str) -> Address:
    from eth_utils.address import is_hex_address, to_checksum_address  # a fifth of a second, for those with addresses

    if not is_hex_address(text):
        raise ValueError("an address is 0x and 40 hexadecimal digits")
    address: Address = to_checksum_address(text)
    if text not in (address, text.lower()):
        raise ValueError(f"wrong checksum; it would be {address} if every digit is right")
    return address


def _url(text: str) -> str:
    try:
        known = URL(text).scheme in ("http", "https", "ws", "wss", "")
    except ValueError:
        known = False
    if not known:
        raise ValueError("a node is http(s)://, ws(s):// or the path of an IPC socket")
    return text


def _gateway(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("a gateway is http(s)://")
    return text


def _open_to_all(text: str) -> str:
    if re.search(r"://[^/@]*:[^/@]*@|[?&]password=", text):
        raise ValueError("no passwords here: PostgreSQL takes its own from PGPASSWORD or ~/.pgpass")
    return text


Checksummed = Annotated[Address, AfterValidator(_checksummed)]


class Part(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Node(Part):
    """Where the chain is read and written. The first healthy URL is used, the others stand by."""

    urls: Annotated[list[Annotated[str, AfterValidator(_url)]], Field(min_length=1)] = ["http://127.0.0.1:8545"]
    chain_id: Annotated[int, Field(ge=1)] = 1
    timeout: Positive = 10.0  # seconds


class Watch(Part):
    """Which coins, pools and lenders."""

    registry: str = "mainnet"  # a name repeg ships ("mainnet", "sandbox") or the path of a TOML file


class Executor(Part):
    """The deployed contract."""

    deployments: Path = Path("deployments")  # folder that `ape run deploy` writes
    address: Checksummed | None = None  # instead of looking it up there
    tip_pool: Checksummed | None = None  # Uniswap V3 pool that turns the builder's tip into WETH


class Wallet(Part):
    """The operator's key, as files. The password comes from a file, else from systemd's credentials, else a prompt."""

    keystore: Path | None = None
    password_file: Path | None = None


class Risk(Part):
    """The gate every transaction passes."""

    max_loan_usd: Positive = LIMITS.max_loan_usd
    min_net_usd: Positive = LIMITS.min_net_usd
    min_net_usd_per_mgas: Annotated[float, Field(ge=0)] = LIMITS.min_net_usd_per_mgas
    max_failures: Annotated[int, Field(ge=1)] = LIMITS.max_failures
    failure_window: Annotated[int, Field(ge=1)] = LIMITS.failure_window
    max_gas_eth: Positive = LIMITS.max_gas_promised / 1e18
    per_block: Annotated[int, Field(ge=1, le=16)] = LIMITS.per_block

    def limits(self) -> Limits:
        """As the strategy reads them."""
        told = self.model_dump(exclude={"max_gas_eth"})
        return Limits(**told, max_gas_promised=int(self.max_gas_eth * 10**18))


class Fees(Part):
    """What is bid for a place in the block."""

    priority_gwei: Annotated[float, Field(ge=0, allow_inf_nan=False)] = BIDDING.priority_fee / GWEI
    tip_bps: Annotated[int, Field(ge=0, le=9_000)] = BIDDING.tip_bps
    slack_bps: Bps = BIDDING.slack_bps
    raise_bps: Annotated[int, Field(ge=1_000, le=10_000)] = BIDDING.raise_bps
    valid_for: Annotated[int, Field(ge=12)] = BIDDING.valid_for
    next_block_only: bool = BIDDING.next_block_only

    def bidding(self, tip_pool: Pool | None = None) -> Bidding:
        """As the strategy reads them."""
        told = self.model_dump(exclude={"priority_gwei"})
        return Bidding(**told, priority_fee=int(self.priority_gwei * GWEI), tip_pool=tip_pool)


class Exchanges(Part):
    """Whose books are listened to; none where no venue is named."""

    venues: list[str] = []
    coins: list[str] = []  # all that are known where none is named
    through: Annotated[str, AfterValidator(_gateway)] | None = None


class Detection(Part):
    """When a coin counts as off its peg."""

    begins_bp: Positive = THRESHOLDS.entry
    venue_times: Annotated[float, Field(ge=1, allow_inf_nan=False)] = THRESHOLDS.venue
    hold: Annotated[float, Field(ge=0, allow_inf_nan=False)] = THRESHOLDS.hold / SECOND  # seconds
    looks: Annotated[int, Field(ge=1)] = THRESHOLDS.looks
    settled: Annotated[float, Field(ge=0, allow_inf_nan=False)] = THRESHOLDS.settle / SECOND  # seconds
    severities_bp: list[Positive] = list(THRESHOLDS.levels.values())  # watch, minor, major, severe, critical

    @field_validator("severities_bp")
    @classmethod
    def _rising(cls, told: list[float]) -> list[float]:
        if len(told) != len(Severity) or told != sorted(told):
            names = ", ".join(severity.name.lower() for severity in Severity)
            raise ValueError(f"{len(Severity)} rising numbers are wanted: {names}")
        return told

    def thresholds(self) -> Thresholds:
        """As the strategy reads them."""
        return Thresholds(
            levels=dict(zip(Severity, self.severities_bp, strict=True)),
            entry=self.begins_bp,
            venue=self.venue_times,
            looks=self.looks,
            hold=round(self.hold * SECOND),
            settle=round(self.settled * SECOND),
        )


class Settings(BaseSettings):
    """Everything `repeg run` needs. `armed` and `--live` together, and only together, let it send."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="REPEG__",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    armed: bool = False
    state: Path = Path("~/.local/share/repeg")  # the journal, and the file HALT that stops everything
    journal_days: Positive = 1.0  # how long blocks and quotes are kept in it; what was decided and done is kept
    coins: Path | None = None  # coins of one's own
    database: Annotated[str, AfterValidator(_open_to_all)] | None = None  # of episodes: a file or a PostgreSQL URL
    node: Node = Node()
    watch: Watch = Watch()
    executor: Executor = Executor()
    wallet: Wallet = Wallet()
    risk: Risk = Risk()
    fees: Fees = Fees()
    exchanges: Exchanges = Exchanges()
    detection: Detection = Detection()
    desk: Desk = Desk()
    usd: dict[
        str, Positive
    ] = {}  # dollars a coin is taken for, by symbol, where its value is not known; pegged to the dollar: one

    @model_validator(mode="after")
    def _sendable(self) -> Self:
        """A swap leaves room below max_fee_gwei for the transaction that takes it back: see WalletPolicy.most."""
        chain, fees = self.desk.chain, self.fees
        most = chain.max_fee_gwei * BPS / (BPS + fees.raise_bps)
        if chain.keystore is not None and most <= fees.priority_gwei:
            raise ValueError(
                f"with desk.chain.max_fee_gwei {chain.max_fee_gwei:g} a swap may bid {most:.6g} gwei, not above "
                f"fees.priority_gwei {fees.priority_gwei:g}: nothing could ever be sent"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file; flags are laid over both by `load`."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def folder(self) -> Path:
        """The state folder, with ~ resolved."""
        return self.state.expanduser()

    def journal(self, *, live: bool) -> Path:
        """Where the books are kept; dry runs have books of their own."""
        return self.folder / f"journal-{self.node.chain_id}{'' if live else '-dry'}.sqlite"


_FLAGS = {"urls": "node"}  # keys that are flags by another name


def load(file: Path | None, *, node: str | None = None, state: Path | None = None) -> Settings:
    """Settings from `file` (TOML), the environment and flags; a WrongSettingsError names the keys that are wrong."""
    try:
        told = Settings(**(_read(file) if file else {}))
    except ValidationError as error:
        lines = tuple(f"{f'{file}: ' if file else ''}{each}" for each in complaints(error, Settings))
        raise WrongSettingsError(lines, "`repeg config check` tells all") from None
    except SettingsError as error:
        raise UserError(
            f"{error}: in the environment, lists are JSON, as in REPEG__NODE__URLS='[\"http://...\"]'"
        ) from None
    if node:
        told = flagged(told, "node", urls=[node])
    return told.model_copy(update={"state": state} if state else {})


def flagged(settings: Settings, part: str, **flags: object) -> Settings:
    """The settings, and over one part of them the flags that were given; a UserError names one that will not do."""
    told: Part = getattr(settings, part)
    given = {key: flag for key, flag in flags.items() if flag is not None}
    try:
        return settings.model_copy(update={part: type(told)(**{**told.model_dump(), **given})})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise UserError(f"--{_FLAGS.get(key := str(first['loc'][0]), key)}: {wanted(first)}") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no settings file {file}: `repeg config example > {file}` writes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read the settings file {file}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file} is not TOML: {error}") from None
