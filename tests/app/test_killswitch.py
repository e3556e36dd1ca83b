"""The kill switch fails closed."""

import pytest

from bot.app.killswitch import KillSwitch
from bot.model.errors import UserError


def test_not_pulled_until_the_file_is_there(tmp_path):
    """An empty state folder means go."""
    assert KillSwitch(tmp_path / "HALT").reason() is None


def test_anybody_can_pull_it(tmp_path):
    """`touch HALT` is enough."""
    (tmp_path / "HALT").touch()

    assert KillSwitch(tmp_path / "HALT").reason()


def test_it_keeps_its_reason_until_cleared(tmp_path):
    """What pulled it is told over restarts."""
    KillSwitch(tmp_path / "HALT").pull("three failures")
    again = KillSwitch(tmp_path / "HALT")

    assert again.reason() == "three failures"
    again.clear()
    assert again.reason() is None


@pytest.mark.parametrize("change", [lambda switch: switch.pull("lunch"), KillSwitch.clear])
def test_what_cannot_be_changed_is_said_in_a_line(tmp_path, change):
    """A folder stands where the file belongs: one error for people, and it counts as pulled."""
    switch = KillSwitch(tmp_path / "HALT")
    switch.file.mkdir()

    with pytest.raises(UserError, match="HALT"):
        change(switch)
    assert switch.reason()


def test_what_cannot_be_read_counts_as_pulled(tmp_path):
    """A folder in its place, a folder that is gone, bytes that are no text: all stop."""
    (tmp_path / "HALT").mkdir()
    (tmp_path / "BYTES").write_bytes(b"\xff\xfe")

    assert KillSwitch(tmp_path / "HALT").reason()
    assert KillSwitch(tmp_path / "BYTES").reason()
    assert KillSwitch(tmp_path / "gone" / "HALT").reason()
