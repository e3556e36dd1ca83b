"""Episodes are written to files and read back; a row that is none is named with its line and field."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.decisions import Severity
from bot.model.episodes import Grade, Outcome, Precision
from bot.records import catalogue, episode_files, episode_rows
from bot.records.episode_database import EpisodesError
from bot.records.episode_rows import BadRow
from bot.records.episodes import Query

from .chronicle import PATH, SVB, numbered

WORDS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["2023-03", "died"])
)
ANYTHING = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner))
LEAST = {"coin": "usdc", "start": "2023-03-10T22:05Z", "outcome": "recovered", "grade": "press"}


@given(st.sampled_from(catalogue.parse(catalogue.shipped())))
def test_what_is_written_is_read_back(some):
    """As JSON has it, and as a table has it with everything in words."""
    assert episode_rows.read(episode_rows.written(some)) == some
    assert episode_rows.read({name: str(value) for name, value in episode_rows.flat(some).items()}) == some


def test_what_follows_need_not_be_told():
    """The id from coin and start, depth from the trough, severity from the depth, the mechanism from the coin."""
    read = episode_rows.read({**LEAST, "trough": "0.97"})

    assert (read.id, read.coin, read.mechanism) == ("usdc-2023-03-10-below", "USDC", "fiat-backed")
    assert (read.peak_bp, read.severity) == (300.0, Severity.MAJOR)


@pytest.mark.parametrize(
    ("start", "precision"),
    [("2022", "month"), ("2022-05", "month"), ("2022-05-09", "day"), ("2022-05-09T07", "hour")],
)
def test_times_are_as_rough_as_they_are_written(start, precision):
    """A month is no midnight."""
    assert episode_rows.read({**LEAST, "start": start}).precision is Precision(precision)
    assert episode_rows.read({**LEAST, "reopened": start}).precision is Precision.MINUTE


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"coin": ""}, "coin: expected"),
        ({"start": "9999"}, "start: expected a time like"),
        ({"start": "1969-12"}, "start: expected a time like"),
        ({"start": "last week"}, "start: expected a time like"),
        ({"outcome": "lost"}, "outcome: expected 'recovered'"),
        ({"grade": "rumour"}, "grade: expected 'measured'"),
        ({"severity": "terrible"}, "severity: expected one of watch"),
        ({"trough": "low"}, "trough: expected a number, got low"),
        ({"trough": "nan"}, "trough: expected a number"),
        ({"trough": -1}, "trough: expected a price"),
        ({"price": 0.9}, "price: no such field; there are id, coin"),
        ({"trough_at": "2023-03-09"}, "trough_at: expected no earlier than start 2023-03-10T22:05:00Z"),
        ({"end": "2023-03-01"}, "end: expected no earlier than start"),
        ({"scope": "everywhere"}, "scope: expected coin or venue:<name>"),
        ({"direction": "down"}, "direction: expected 'below' or 'above'"),
    ],
)
def test_a_row_that_is_no_episode_names_its_field(wrong, said):
    """And what was expected."""
    with pytest.raises(BadRow) as fault:
        episode_rows.read({**LEAST, **wrong})

    assert str(fault.value).startswith(said)


@given(st.dictionaries(st.sampled_from((*episode_rows.NAMES, "strange")), ANYTHING))
def test_whatever_a_row_holds_it_is_an_episode_or_a_bad_row(told):
    """Nothing else comes of it, so that the rows after it are read."""
    with suppress(BadRow):
        episode_rows.read({**LEAST, **told})
    with suppress(BadRow):
        episode_rows.read_path(told.get("path"))


@pytest.mark.parametrize(
    "wrong",
    [{"id": "two words"}, {"coin": "x" * 101}, {"coin": "US\x1b[31mD"}, {"cause": "a\0b"}, {"sources": ["\x1b[2J"]}],
    ids=str,
)
def test_names_can_be_typed_and_texts_only_be_read(wrong):
    """No control characters: a terminal obeys some, and PostgreSQL keeps no zero."""
    with pytest.raises(BadRow, match="expected"):
        episode_rows.read({**LEAST, **wrong})


def test_an_id_is_in_small_letters():
    """However it is written, as it is asked for."""
    assert episode_rows.read({**LEAST, "id": "Mine"}).id == "mine"


@pytest.mark.parametrize(
    "path",
    [
        {"points": "none"},
        {"points": [[2, 1.0], [1, 1.0]]},
        [1],
        {"points": [[1, "low"]]},
        {"points": [[2**63, 1.0]]},
        {"points": [[1, -1.0]]},
    ],
)
def test_a_path_that_is_none_is_refused(path):
    """With what is wrong about it."""
    with pytest.raises(BadRow, match="path: "):
        episode_rows.read_path(path)


@pytest.mark.parametrize("name", ["all.jsonl", "all.csv"])
async def test_export_and_import_lose_nothing(episodes, tmp_path, name):
    """Episodes by either; their paths by JSON lines."""
    rows = numbered(30)
    await episodes.put(rows)
    written = await episode_files.write(episodes, Query(traps=True), tmp_path / name)
    before = await episodes.search(Query())
    await episodes.put([(replace(each, cause="changed", sources=()), None) for each, _ in rows[:5]])
    read = await episode_files.enter(episodes, tmp_path / name)

    assert (written, read.added, read.changed, read.refused) == (30, 0, 30, [])
    assert await episodes.search(Query()) == before
    assert await episodes.paths([each.id for each, _ in rows]) == {each.id: path for each, path in rows}


async def test_bad_rows_are_named_and_the_rest_goes_on(episodes, tmp_path):
    """By file, line and field."""
    file = tmp_path / "rows.jsonl"
    good = json.dumps({**episode_rows.written(SVB), "path": episode_rows.written_path(PATH)})
    bad = [json.dumps({**LEAST, "grade": "rumour"}), "not JSON \xff", "[]", "", json.dumps({**LEAST, "id": "again"})]
    file.write_text("\n".join([*bad[:4], good, bad[4]]), encoding="latin-1")
    read = await episode_files.enter(episodes, file)

    assert (read.added, read.changed) == (1, 0)
    assert [line.removeprefix(f"{file}: ").partition(": ")[0] for line in sorted(read.refused)] == [
        "line 1",
        "line 2",
        "line 3",
        "line 6",
    ]
    assert await episodes.path(SVB.id) == PATH


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.txt", b"", "end in .jsonl"),
        ("missing.csv", None, "cannot be read"),
        ("rows.csv", b"\xff\xfe\x00", "cannot be read"),
        ("rows.csv", b"", "an empty file: no such column"),
        ("rows.csv", b"coin,start,price\nDAI,2023,1\n", "price: no such column"),
    ],
)
async def test_a_file_that_cannot_be_used_is_one_line(episodes, tmp_path, name, content, said):
    """That names it."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(EpisodesError, match=f"{name}.*{said}"):
        await episode_files.enter(episodes, tmp_path / name)


async def test_a_file_is_written_whole_or_not_at_all(episodes, tmp_path):
    """What was there stays when it cannot be."""
    with pytest.raises(EpisodesError, match="cannot be written"):
        await episode_files.write(episodes, Query(), tmp_path / "nowhere" / "all.csv")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(EpisodesError, match=r"folder\.jsonl: cannot be written"):
        await episode_files.write(episodes, Query(), tmp_path / "folder.jsonl")

    assert list(tmp_path.glob("**/*.tmp")) == []


def test_the_least_is_enough():
    """Coin, start, outcome, grade."""
    assert episode_rows.read(LEAST).outcome is Outcome.RECOVERED
    assert episode_rows.read(LEAST).grade is Grade.PRESS
