"""Episodes, their paths, the archive's files and the editions of the catalogue."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "episodes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("coin", sa.String, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("mechanism", sa.String),
        sa.Column("alert", sa.BigInteger),
        sa.Column("trough_at", sa.BigInteger),
        sa.Column("trough", sa.Double),
        sa.Column("against", sa.String, nullable=False),
        sa.Column("peak_bp", sa.Double),
        sa.Column("recovered_at", sa.BigInteger),
        sa.Column("end", sa.BigInteger),
        sa.Column("precision", sa.String, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("severity", sa.SmallInteger),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("redemption", sa.String, nullable=False),
        sa.Column("reopened", sa.BigInteger),
        sa.Column("liquidity", sa.Text, nullable=False),
        sa.Column("depth_usd", sa.Double),
        sa.Column("caught_from", sa.Text, nullable=False),
        sa.Column("spread_to", sa.Text, nullable=False),
        sa.Column("venues", sa.Text, nullable=False),
        sa.Column("candles", sa.Text, nullable=False),
        sa.Column("grade", sa.String, nullable=False),
        sa.Column("doubtful", sa.Boolean, nullable=False),
        sa.Column("sources", sa.Text, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("speed", sa.Double),
        sa.Column("shipped", sa.String),
    )
    op.create_index("episodes_by_key", "episodes", ["coin", "scope", "direction", "start"], unique=True)
    op.create_index("episodes_by_coin_and_magnitude", "episodes", ["coin", "peak_bp"])
    op.create_index("episodes_by_magnitude", "episodes", ["peak_bp"])
    op.create_index("episodes_by_mechanism_and_magnitude", "episodes", ["mechanism", "peak_bp"])
    op.create_index("episodes_by_time", "episodes", ["start"])
    op.create_table(
        "episode_archives",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("paths", sa.Integer, nullable=False),
    )
    op.create_table(
        "episode_paths",
        sa.Column("episode", sa.String, sa.ForeignKey("episodes.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("against", sa.String, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("points", sa.LargeBinary),
        sa.Column("archive", sa.String, sa.ForeignKey("episode_archives.name")),
    )
    op.create_index("ix_episode_paths_archive", "episode_paths", ["archive"])
    op.create_table("episode_editions", sa.Column("digest", sa.String, primary_key=True))
