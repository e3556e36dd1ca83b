"""What was signed for an order is on disk, whatever was cut off there."""

import pytest

from bot.model.errors import UserError
from bot.venues import swap_log
from bot.venues.chain_swaps import Swap
from bot.venues.swap_log import Attempt

from .wallets import SELL, THREE

SWAP = Swap("rp1", SELL, THREE, 1, 2, "0xa", "0xb", 6, 6, 10**30, 1)


def attempt(number: int) -> Attempt:
    """A signed transaction of a nonce."""
    return Attempt("swap", number, "0xa", "", 1, 1, 1, f"0x{number}", "0x")


def cut_off(folder, text: bytes) -> None:
    """A line whose end never came to the disk."""
    with (folder / "rp1.jsonl").open("ab") as file:
        file.write(text)


def test_a_line_that_was_cut_off_was_never_sent(tmp_path):
    """It is skipped, and what follows it counts."""
    log = swap_log.begin(tmp_path, SWAP)
    for number in range(2):
        log.keep(attempt(number))
        cut_off(tmp_path, b'{"step": "swap", "nonce"')
    (found,) = swap_log.kept(tmp_path)

    assert found.swap == SWAP
    assert [each.hash for each in found.attempts] == ["0x0", "0x1"]


def test_a_swap_that_was_cut_off_is_written_again_with_the_first_transaction(tmp_path):
    """The disk was full, and then it was not."""
    cut_off(tmp_path, b'\n{"order_id": "rp1", "si')
    assert not list(swap_log.kept(tmp_path))
    swap_log.begin(tmp_path, SWAP).keep(attempt(0))
    (found,) = swap_log.kept(tmp_path)

    assert (found.swap, list(found.attempts)) == (SWAP, [attempt(0)])


def test_what_was_struck_and_signed_again_counts(tmp_path):
    """A signature is the same each time: only lines before it are struck."""
    log = swap_log.begin(tmp_path, SWAP)
    log.keep(attempt(0))
    log.strike()
    assert [list(each.attempts) for each in swap_log.kept(tmp_path)] == [[]]
    log.keep(attempt(0))
    (found,) = swap_log.kept(tmp_path)

    assert (found.swap, list(found.attempts)) == (SWAP, [attempt(0)])


@pytest.mark.parametrize("line", ['{"step": "swap"}', '{"order_id": "rp1"}', '{"order_id": "rp1", "side": "up"}'])
def test_a_log_that_is_none_is_told_by_its_name(tmp_path, line):
    """What it holds may be on its way: nobody trades before a person has looked."""
    cut_off(tmp_path, line.encode())
    with pytest.raises(UserError, match=r"rp1\.jsonl: this log of an order"):
        list(swap_log.kept(tmp_path))
