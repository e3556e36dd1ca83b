"""The report of a backtest is one file: it asks nobody for anything, runs no word of others, and shows every trade."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from analysis.outcomes import CAPITAL, declined, depeg, fill, outcome, outcomes
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.analysis.performance import measure
from bot.app import backtest_report
from bot.app.axes import Axis, moments, thinned, ticks
from bot.app.markup import element
from bot.model.coins import shipped
from bot.model.orders import Side
from bot.model.times import DAY, MINUTE

BUY, SELL = Side.BUY, Side.SELL
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VOID = {"meta", "link"}
TRADED = outcome(
    [
        fill("a", 10, BUY, 10_000, "0.90"),
        fill("a", 50, SELL, 10_000, "0.95", why="back at par"),
        fill("b", 9_000, BUY, 5_000, "0.99"),
        fill("b", 9_100, SELL, 5_000, "0.97", why="the stop"),
        fill("c", 9_050, BUY, 7_000, "0.98", coin="DAI"),
    ],
    [(0, CAPITAL, 0), (10, CAPITAL - 9, 9_000), (50, CAPITAL + 481.5, 0), (9_100, CAPITAL + 371.7, 6_860)],
    path=[(minute, 0.9 + minute / 1e5) for minute in range(0, 9_200, 20)],
    episodes=[depeg(start=5, end=60), depeg("DAI", 9_000)],
    declined=[declined(5, "profit 12.5 is less than 100"), declined(9, "profit 7 is less than 100")],
)
PROBE = """<script>
  const heads = [...document.querySelectorAll("thead button")];
  heads.find((head) => head.textContent === "profit").click();
  const mark = document.querySelector(".mark.exit"), box = mark.getBoundingClientRect();
  const at = { bubbles: true, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
  mark.dispatchEvent(new PointerEvent("pointermove", at));
  const profits = [...document.querySelectorAll("td:nth-child(11)")].map((cell) => Number(cell.dataset.key));
  document.title = JSON.stringify({ tip: document.getElementById("tip").textContent, profits });
</script></body>"""


def page(told):
    """The report of an outcome."""
    return backtest_report.page(told, measure(told, shipped()))


class Reader(HTMLParser):
    """Elements that were opened, attributes they had, and whether each was closed in turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.astray = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.astray.append(tag)

    def of_class(self, *names):
        return [attrs for _, attrs in self.seen if set(names) <= set((attrs.get("class") or "").split())]


def test_it_asks_the_network_for_nothing():
    """No address stands in it, nothing is loaded, and the browser is told to forbid what there might be."""
    text = page(TRADED)
    read = Reader(text)

    assert not re.search(r"https?:|//[a-z]|@import|url\(", text)
    assert not [attrs for _, attrs in read.seen if "src" in attrs]
    assert [attrs["href"] for _, attrs in read.seen if "href" in attrs] == ["data:,"]
    assert "default-src 'none'" in text


def test_every_fill_is_marked_and_every_trade_listed():
    """A mark for each, on a chart of its coin; the trade that still holds says so."""
    text = page(TRADED)
    read = Reader(text)

    assert len(read.of_class("mark", "enter")) == 3
    assert len(read.of_class("mark", "exit")) == 2
    assert [attrs["aria-label"].split()[0] for attrs in read.of_class("chart")] == ["Equity,", "USDC", "USDC", "DAI"]
    assert all(words in text for words in ("back at par", "the stop", "so far", "by mechanism", "crypto-backed"))


def test_refusals_that_differ_in_numbers_are_one():
    """Two of them, with the first in full."""
    assert "profit … is less than … (first: profit 12.5 is less than 100)" in page(TRADED)


def test_the_equity_drawn_is_the_curve():
    """Pointed at, the chart tells what the curve says."""
    (series, *_) = json.loads(Reader(page(TRADED)).of_class("chart")[0]["data-series"])

    assert series["points"] == [[each.at // 10**6, each.equity] for each in TRADED.curve]


@settings(max_examples=25)
@given(outcomes(), st.text(max_size=20))
def test_whatever_came_of_it_makes_a_whole_page(told, reason):
    """All that is opened is closed, and words of others are words."""
    hostile = f"</script><script>alert({reason})</script>"
    read = Reader(page(outcome(told.fills, path=[(0, 1.0)], declined=[declined(1, hostile)])))

    assert (read.open, read.astray) == ([], [])
    assert sum(tag == "script" for tag, _ in read.seen) == 1
    assert Reader(page(told)).astray == []


def test_nothing_to_show_is_a_page():
    """No trades, no curve, no depegs."""
    text = page(outcome())

    assert "0 trades" in text
    assert "No chance was refused." in text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to open it in")
def test_a_browser_runs_it(tmp_path):
    """Columns sort, charts answer to the pointer, and nothing on the way fails."""
    file = tmp_path / "report.html"
    file.write_text(page(TRADED).replace("</body>", PROBE), encoding="utf-8")
    words = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    shown = subprocess.run([*words, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=60)
    title = re.search(r"<title>(.*?)</title>", shown.stdout)[1]
    answered = json.loads(title.replace("&amp;", "&"))

    assert "sold 10,000 USDC at $0.9500 on kraken" in answered["tip"]
    assert answered["profits"] == sorted(answered["profits"], reverse=True)


@given(st.text(), st.text())
def test_no_text_becomes_markup(inside, value):
    """What an element holds and its attributes are read back as they were."""
    read = Reader(element("p", f"<b>{inside}", data_said=value))

    assert [tag for tag, _ in read.seen] == ["p"]
    assert read.seen[0][1]["data-said"].splitlines() == value.splitlines() or "\0" in value


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e9))
def test_ticks_are_few_and_lie_between(low, span):
    """Round numbers, ascending, on the axis."""
    made = ticks(low, low + span)

    assert 1 <= len(made) <= 9
    assert made == sorted(set(made))
    assert all(low - span / 1e3 <= each <= low + span * 1.001 for each in made)


@given(st.integers(0, 20_000), st.integers(10, 8_000_000))
def test_moments_are_few_and_lie_between(day, minutes):
    """From an hour to fifteen years, without the same name beside itself."""
    low, high = day * DAY, day * DAY + minutes * MINUTE
    made = moments(low, high)

    assert len(made) <= 8
    assert [at for at, _ in made] == sorted({at for at, _ in made})
    assert all(low <= at <= high for at, _ in made)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(1, 20))
def test_thinning_keeps_ends_and_extremes(values, columns):
    """In order, and no more than four to a column."""
    points = list(enumerate(values))
    kept = thinned(points, columns)

    assert len(kept) <= max(4 * columns, 1)
    assert kept == sorted(kept)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert (min(v for _, v in kept), max(v for _, v in kept)) == (min(values), max(values))


def test_an_axis_turns_values_into_pixels():
    """Its ends are its ends, also where pixels count downward."""
    axis = Axis(1.0, 3.0, 200, 100)

    assert (axis.at(1.0), axis.at(2.0), axis.at(3.0)) == (200, 150, 100)
