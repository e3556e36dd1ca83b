"""What every pool family answers: how much of one coin comes out for another going in."""

from typing import Protocol


class Side(Protocol):
    """One direction of one pool state, coin `i` in and coin `j` out. Immutable: a new state is a new side."""

    @property
    def cap(self) -> int:
        """The largest input that can be priced, in base units of the coin in; 0 when the way is closed."""
        ...

    def out(self, dx: int) -> int | None:
        """Coins out for exactly `dx` in, in base units, after the pool's fee: what the contract would pay, to the unit.

        None when the pool would revert or cannot price it, and for `dx` outside 1..cap.
        """
        ...

    def rate(self, x: float) -> tuple[float, float]:
        """Coins out and the marginal rate d(out)/d(in) at input `x` (0 <= x <= cap), base units, after the fee.

        An estimate to climb by: within some parts in 1e12 of `out`, and the rate never rises with `x`.
        """
        ...


class PoolState(Protocol):
    """A pool at one moment."""

    def side(self, i: int, j: int) -> Side:
        """The direction that takes the pool's `i`-th coin and gives its `j`-th; cached, so asking again is free."""
        ...


class Closed:
    """A way that gives nothing: a halted, empty or unpriceable pool."""

    __slots__ = ()
    cap = 0

    def out(self, dx: int) -> int | None:  # noqa: ARG002 - the interface names it
        """Nothing can be priced."""
        return None

    def rate(self, x: float) -> tuple[float, float]:  # noqa: ARG002 - the interface names it
        """Nothing comes out."""
        return 0.0, 0.0


CLOSED = Closed()


class Unpriced:
    """A pool of which too little is known: every way is closed."""

    __slots__ = ()

    def side(self, i: int, j: int) -> Side:  # noqa: ARG002 - the interface names them
        """Closed."""
        return CLOSED


UNPRICED = Unpriced()
