"""What others wrote is shown as it stands."""

import pytest

from bot.app import screen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no[x]such [/y] file", "no[x]such [/y] file"),
        ("a\\[b]", "a\\[b]"),
        ("a\ttab \x1b[31mred", "a\\ttab \\x1b[31mred"),
        ("\udcff", "\\udcff"),
        ("café 100 €", "café 100 €"),
    ],
)
def test_a_complaint_is_plain(text, shown, capsys):
    """No markup, nothing that moves a terminal."""
    screen.complain(text)

    assert capsys.readouterr().err == f"repeg: {shown}\n"
