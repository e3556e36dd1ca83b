"""The kill switch fails closed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_a_word_that_cannot_be_taken_away_does_not_keep_it_from_halting(tmp_path):
    """The file comes first: as long as it is there, no word counts."""
    switch = KillSwitch(tmp_path / "HALT")
    (tmp_path / "RESUME").mkdir()

    with pytest.raises(UserError, match="HALT"):
        switch.pull("lunch")
    assert switch.reason() == "lunch"
    assert not switch.resuming()


def test_a_resumption_is_heard_once(tmp_path):
    """By each journal's bot; what is not there is none."""
    switch = KillSwitch(tmp_path / "HALT")
    switch.pull("lunch")
    switch.resume(["one", "two"])

    assert switch.resuming("one")
    assert [switch.resumed(who) for who in ("one", "one", "two", "three")] == [True, False, True, False]


def test_a_new_halt_takes_the_word_back(tmp_path):
    """Whoever has not heard of the resumption by then is not to hear of it."""
    switch = KillSwitch(tmp_path / "HALT")
    switch.resume(["one"])
    switch.pull("again")
    switch.clear()

    assert not switch.resuming("one")


def test_a_resumption_that_cannot_be_written_leaves_it_halted(tmp_path):
    """The word comes first: without it the file stays."""
    switch = KillSwitch(tmp_path / "gone" / "HALT")
    with pytest.raises(UserError, match="HALT"):
        switch.resume()
    assert switch.reason()


@given(reason=st.text(max_size=20) | st.sampled_from(["\x1b[31mred\nall is well", "\udcff", " \n", "[bold]so[/]"]))
def test_a_reason_is_one_line_that_moves_no_terminal(tmp_path_factory, reason):
    """Whatever is said, or nothing at all: it is told as printable text, and words stay as they are."""
    switch = KillSwitch(tmp_path_factory.getbasetemp() / "HALT")
    switch.pull(reason)
    told = switch.reason()

    assert told
    assert told.isprintable()
    assert told == (" ".join(reason.split()) or "by hand") or not reason.isprintable()


def test_a_reason_that_others_wrote_is_one_line_too(tmp_path):
    """The file may be written by anybody."""
    (tmp_path / "HALT").write_text("why\n\x1b[2Jnot\n")

    assert KillSwitch(tmp_path / "HALT").reason() == "why \\x1b[2Jnot"


def test_who_gives_no_reason_stopped_it_by_hand(tmp_path):
    """An empty word is none."""
    KillSwitch(tmp_path / "HALT").pull("")

    assert KillSwitch(tmp_path / "HALT").reason() == "by hand"
