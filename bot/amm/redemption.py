"""Redemptions at a fixed rate: Maker's peg stability modules and ERC-4626 vaults."""

from bot.amm.side import CLOSED, Side
from bot.units import MAX_UINT256, WAD, mul_div_up

HALTED = MAX_UINT256


class Linear:
    """One direction at a constant rate: dx * numerator // denominator. See bot.amm.side.Side."""

    __slots__ = ("_denominator", "_numerator", "_rate", "cap")

    def __init__(self, numerator: int, denominator: int, cap: int) -> None:
        self._numerator, self._denominator, self.cap = numerator, denominator, cap
        self._rate = numerator / denominator

    def out(self, dx: int) -> int | None:
        """Coins out for `dx`, rounded down; None beyond the cap."""
        return dx * self._numerator // self._denominator if 0 < dx <= self.cap else None

    def rate(self, x: float) -> tuple[float, float]:
        """Coins out and the rate, which does not change."""
        return x * self._rate, self._rate


class SellGem:
    """Gem in, DAI out, less a fee of `tin` rounded down. See bot.amm.side.Side."""

    __slots__ = ("_rate", "_tin", "_to18", "cap")

    def __init__(self, tin: int, to18: int, dai_room: int) -> None:
        self._tin, self._to18 = tin, to18
        self._rate = to18 * (WAD - tin) / WAD
        self.cap = self._most(dai_room)

    def _most(self, room: int) -> int:
        """The most gems whose DAI fit in `room`."""
        if self._tin >= WAD:
            return 0
        gems = room * WAD // (self._to18 * (WAD - self._tin)) + 1  # the fee's rounding can leave one gem less
        while gems > 0 and self._pays(gems) > room:
            gems -= 1
        return gems

    def _pays(self, dx: int) -> int:
        dai = dx * self._to18
        return dai - dai * self._tin // WAD

    def out(self, dx: int) -> int | None:
        """DAI for `dx` gems; None beyond what the module can still pay."""
        return self._pays(dx) if 0 < dx <= self.cap else None

    def rate(self, x: float) -> tuple[float, float]:
        """DAI out and the rate, which does not change."""
        return x * self._rate, self._rate


class Psm:
    """A peg stability module: coins are (gem, dai), `sellGem` is 0 -> 1 and `buyGem` is 1 -> 0 (dss-lite-psm).

    `tin` and `tout` are fees over WAD, 2**256 - 1 where that way is halted; `to18` scales gems to 18 decimals;
    `dai_room` is the DAI that selling gems can still yield, `gem_room` the gems that can still be bought.
    """

    __slots__ = ("_buy", "_sell", "dai_room", "gem_room", "tin", "to18", "tout")

    def __init__(self, tin: int, tout: int, to18: int, dai_room: int, gem_room: int) -> None:
        self.tin, self.tout, self.to18 = tin, tout, to18
        self.dai_room, self.gem_room = dai_room, gem_room
        self._sell: Side = CLOSED if tin == HALTED else SellGem(tin, to18, dai_room)
        self._buy: Side = CLOSED if tout == HALTED else self._buy_gem()

    def _buy_gem(self) -> Linear:
        """DAI in, gem out: the most gems that `dx` pays for, fee included; what is short of one more is not spent."""
        price = (WAD + self.tout) * self.to18
        return Linear(WAD, price, mul_div_up(self.gem_room, price, WAD))

    def side(self, i: int, j: int) -> Side:
        """Coin `i` in, coin `j` out."""
        return _either(i, j, self._sell, self._buy)

    def after(self, i: int, j: int, dx: int) -> "Psm":
        """The module once `dx` was swapped: what went in can be taken out. ValueError when it would revert."""
        dy = _paid(self.side(i, j), dx)
        if i == 0:
            return Psm(self.tin, self.tout, self.to18, self.dai_room - dy, self.gem_room + dx)
        return Psm(self.tin, self.tout, self.to18, self.dai_room + dx, self.gem_room - dy)


class Vault:
    """An ERC-4626 vault: coins are (asset, share), `deposit` is 0 -> 1 and `redeem` is 1 -> 0.

    A share is worth `assets` / `shares`, which stay in proportion as both grow; both ways round down.
    """

    __slots__ = ("_deposit", "_redeem", "assets", "max_deposit", "max_redeem", "shares")

    def __init__(self, assets: int, shares: int, max_deposit: int, max_redeem: int) -> None:
        self.assets, self.shares, self.max_deposit, self.max_redeem = assets, shares, max_deposit, max_redeem
        empty = min(assets, shares) <= 0
        self._deposit: Side = CLOSED if empty else Linear(shares, assets, _in_range(max_deposit, shares))
        self._redeem: Side = CLOSED if empty else Linear(assets, shares, _in_range(max_redeem, assets))

    def side(self, i: int, j: int) -> Side:
        """Coin `i` in, coin `j` out."""
        return _either(i, j, self._deposit, self._redeem)

    def after(self, i: int, j: int, dx: int) -> "Vault":
        """The vault once `dx` was swapped. ValueError when it would revert."""
        dy = _paid(self.side(i, j), dx)
        if i == 0:
            return Vault(self.assets + dx, self.shares + dy, self.max_deposit - dx, self.max_redeem + dy)
        return Vault(self.assets - dy, self.shares - dx, self.max_deposit + dy, self.max_redeem - dx)


def _in_range(most: int, factor: int) -> int:
    """Vaults with no limit say 2**256 - 1; what their own product could not hold is not priced."""
    return min(most, MAX_UINT256 // factor)


def _either(i: int, j: int, forth: Side, back: Side) -> Side:
    if (i, j) not in ((0, 1), (1, 0)):
        raise ValueError(f"no side {i} -> {j} in a redemption of 2 coins")
    return forth if i == 0 else back


def _paid(side: Side, dx: int) -> int:
    dy = side.out(dx)
    if dy is None:
        raise ValueError(f"{dx} cannot be swapped here")
    return dy
