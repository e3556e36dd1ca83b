"""What is wrong with settings is told in words of ours, a line each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.app import cli
from bot.app.complaints import WrongSettingsError, names
from bot.app.settings import Settings, flagged, load
from bot.model.errors import UserError

WRONG = """
armd = true
venues = ["kraken"]
nothing_like_it = 1

[desk]
venuess = ["kraken"]
edge = "s3cr3t"
share = 0

[node]
urls = []
chain_id = "s3cr3t"

[risk]
max_loan_usd = inf
per_block = 17
"""
TOLD = {
    "armd: no such setting; is armed meant?",
    "venues: no such setting; is exchanges.venues or desk.venues meant?",
    "nothing_like_it: no such setting",
    "desk.venuess: no such setting; is desk.venues meant?",
    "desk.edge: a number is wanted",
    "desk.share: more than 0 is wanted",
    "node.urls: at least 1 is wanted",
    "node.chain_id: a whole number is wanted",
    "risk.max_loan_usd: a finite number is wanted",
    "risk.per_block: 16 or less is wanted",
}


def test_every_fault_is_told_in_one_run(tmp_path):
    """`config check` has a line for each, and says no value that stood there."""
    file = tmp_path / "repeg.toml"
    file.write_text(WRONG)
    ran = CliRunner().invoke(cli.app, ["config", "check", str(file)])

    assert ran.exit_code == 1
    assert set(ran.stderr.splitlines()) == {f"repeg: {file}: {each}" for each in TOLD}
    assert "s3cr3t" not in ran.output


def test_other_commands_tell_the_first_and_where_the_rest_is(tmp_path):
    """One line, that counts them."""
    file = tmp_path / "repeg.toml"
    file.write_text(WRONG)
    with pytest.raises(WrongSettingsError) as caught:
        load(file)

    assert str(caught.value) == f"{caught.value.lines[0]} (and 9 more: `repeg config check` tells all)"


@given(st.sampled_from(sorted(names(Settings))), st.data())
def test_a_letter_too_many_is_known_for_what_was_meant(name, data):
    """Of every setting that is no table, wherever the letter slips in; one that is short may be taken for another."""
    table, _, word = name.rpartition(".")
    at = data.draw(st.integers(1, len(word)))
    slip = f"{word[:at]}q{word[at:]}"
    told = {slip: 1}
    for part in reversed(table.split(".") if table else []):
        told = {part: told}
    with pytest.raises(UserError) as caught:
        _loaded(told)

    assert f"{table}{'.' * bool(table)}{slip}: no such setting; is {name} meant?" in caught.value.lines


def _loaded(told):
    from pydantic import ValidationError

    from bot.app.complaints import complaints

    try:
        Settings(**told)
    except ValidationError as error:
        raise WrongSettingsError(complaints(error, Settings), "") from None


def test_a_flag_is_told_likewise():
    """In the same words, by the flag's name."""
    with pytest.raises(UserError, match=r"^--max_loan_usd: more than 0 is wanted$"):
        flagged(Settings(), "risk", max_loan_usd=-1.0)
