"""The tables of the episode database, the same on SQLite and PostgreSQL, and how an episode becomes a row of them."""

import hashlib
import json
import struct
from dataclasses import fields
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    SmallInteger,
    String,
    Table,
    Text,
)

from bot.model.coins import Mechanism
from bot.model.decisions import Severity
from bot.model.episodes import Episode, Grade, Origin, Outcome, Path, Point, Precision, Redemption

REVISION = "0001"  # the newest in bot/records/migrations/versions
VERSIONS = "repeg_version"  # Alembic's own table: the database may be home to others
METADATA = MetaData()

EPISODES = Table(
    "episodes",
    METADATA,
    Column("id", String, primary_key=True),
    Column("coin", String, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("scope", String, nullable=False),
    Column("direction", String, nullable=False),
    Column("mechanism", String),
    Column("alert", BigInteger),
    Column("trough_at", BigInteger),
    Column("trough", Double),
    Column("against", String, nullable=False),
    Column("peak_bp", Double),
    Column("recovered_at", BigInteger),
    Column("end", BigInteger),
    Column("precision", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("severity", SmallInteger),
    Column("cause", Text, nullable=False),
    Column("redemption", String, nullable=False),
    Column("reopened", BigInteger),
    Column("liquidity", Text, nullable=False),
    Column("depth_usd", Double),
    Column("caught_from", Text, nullable=False),
    Column("spread_to", Text, nullable=False),
    Column("venues", Text, nullable=False),
    Column("candles", Text, nullable=False),
    Column("grade", String, nullable=False),
    Column("doubtful", Boolean, nullable=False),
    Column("sources", Text, nullable=False),
    Column("origin", String, nullable=False),
    Column("speed", Double),  # basis points an hour: likeness asks for it
    Column("shipped", String),  # digest of the row as the catalogue had it: unlike it, somebody has edited
    Index("episodes_by_key", "coin", "scope", "direction", "start", unique=True),
    Index("episodes_by_coin_and_magnitude", "coin", "peak_bp"),
    Index("episodes_by_magnitude", "peak_bp"),
    Index("episodes_by_mechanism_and_magnitude", "mechanism", "peak_bp"),
    Index("episodes_by_time", "start"),
)

ARCHIVES = Table(
    "episode_archives",
    METADATA,
    Column("name", String, primary_key=True),  # a Parquet file in the archive's folder
    Column("digest", String, nullable=False),  # SHA-256 of the file
    Column("paths", Integer, nullable=False),
)

PATHS = Table(
    "episode_paths",
    METADATA,
    Column("episode", String, ForeignKey(EPISODES.c.id, ondelete="CASCADE"), primary_key=True),
    Column("against", String, nullable=False),
    Column("source", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("digest", String, nullable=False),  # SHA-256 of the points
    Column("points", LargeBinary),  # None while they are in the archive
    Column("archive", String, ForeignKey(ARCHIVES.c.name), index=True),
)

EDITIONS = Table(  # of the catalogue that have been loaded
    "episode_editions",
    METADATA,
    Column("digest", String, primary_key=True),
)

_LISTS = ("caught_from", "spread_to", "venues", "sources")
_CHOICES = {
    "mechanism": Mechanism,
    "precision": Precision,
    "outcome": Outcome,
    "severity": Severity,
    "redemption": Redemption,
    "grade": Grade,
    "origin": Origin,
}
_FIELDS = tuple(field.name for field in fields(Episode))
POINT = [("at", "<i8"), ("price", "<f8")]  # as a path is packed, without gaps


def row(episode: Episode) -> dict[str, Any]:
    """An episode as the database keeps it."""
    told = {name: getattr(episode, name) for name in _FIELDS}
    return {**told, **{name: json.dumps(told[name]) for name in _LISTS}, "speed": episode.speed}


def episode(row: RowMapping) -> Episode:
    """The episode of a row."""
    told = {name: row[name] for name in _FIELDS}
    for name in _LISTS:
        told[name] = tuple(json.loads(told[name])) if told[name] != "[]" else ()
    for name, kind in _CHOICES.items():
        told[name] = kind(told[name]) if told[name] is not None else None
    return Episode(**told)


def path_row(episode_id: str, path: Path) -> dict[str, Any]:
    """A path as the database keeps it: 16 bytes a point."""
    points = struct.pack(f"<{len(path.points) * 'qd'}", *chain.from_iterable(path.points))
    return {
        "episode": episode_id,
        "against": path.against,
        "source": path.source,
        "count": len(path.points),
        "digest": digest(points),
        "points": points,
        "archive": None,
    }


def points(packed: bytes) -> tuple[Point, ...]:
    """The points of a path as they were packed."""
    return tuple(map(Point._make, struct.iter_unpack("<qd", packed)))


def digest(content: bytes | memoryview) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def episode_digest(episode: Episode) -> str:
    """What tells an episode from an edited one."""
    return digest(json.dumps(row(episode), sort_keys=True).encode())
