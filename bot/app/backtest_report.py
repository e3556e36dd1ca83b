"""The report of a backtest: one HTML file that asks the network for nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import groupby

from bot.analysis.outcome import Declined, Outcome
from bot.analysis.performance import Group, Performance
from bot.analysis.trades import Trade
from bot.app import backtest_charts as charts
from bot.app import backtesting, depegs
from bot.app.backtesting import many
from bot.app.markup import Markup, element, joined

CHARTS = 6  # of each coin
ROWS = 5_000  # of a table
SHIELD = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
ICON = "data:,"  # none, and none is asked for

Row = Sequence[tuple[str, float | str | None]]  # what a cell says, and what it is sorted by


def page(outcome: Outcome, made: Performance) -> str:
    """The whole file."""
    head = element(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{SHIELD}"><link rel="icon" href="{ICON}">'),
        element("title", f"Backtest, {_span(outcome)}"),
        element("style", Markup(_shipped("backtest.css"))),
    )
    body = element(
        "body",
        element("main", *_sections(outcome, made)),
        element("div", id="tip", hidden="hidden"),
        element("script", Markup(_shipped("backtest.js"))),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _shipped(name: str) -> str:
    return files("bot.app").joinpath(f"data/{name}").read_text(encoding="utf-8")


def _sections(outcome: Outcome, made: Performance) -> Iterator[Markup]:
    yield element("header", element("h1", "Backtest"), element("p", _lead(outcome, made)))
    yield element("section", *(_card(*each) for each in backtesting.figures(made)), class_="cards")
    if outcome.curve:
        note = "Shaded: a coin was off its peg. What is held counts at fair value."
        yield _section("Equity", note, _scrolled(charts.equity(outcome)))
    yield from _coins(outcome, made)
    if made.trades:
        yield _section("Trades", "Click a column to sort by it.", _trades(made.trades))
        yield _section("Where it came from", "", element("div", *_groups(made), class_="groups"))
    yield _section("Refused", _how_many_refused(outcome), *([_refused(outcome.declined)] if outcome.declined else []))
    yield _section("Depegs", "", _episodes(outcome, made.trades))
    yield element("footer", element("p", _NOTES))


_NOTES = (
    "Profit is after fees; what is still held counts at the last price. Capture is the part of what the same entries "
    "could have made, sold at the best price before the depeg ended. Slippage is how much worse fills were than the "
    "price they were decided on. Sharpe and Sortino are of daily changes, a year's. Times are UTC."
)


def _section(title: str, note: str, *inside: Markup) -> Markup:
    notes = [element("p", note, class_="note")] if note else []
    return element("section", element("h2", title), *notes, *inside)


def _scrolled(*inside: Markup) -> Markup:
    return element("div", *inside, class_="scrolled")


def _span(outcome: Outcome) -> str:
    if not outcome.curve:
        return "nothing happened"
    return f"{depegs.clock(outcome.curve[0].at)} to {depegs.clock(outcome.curve[-1].at)}"


def _lead(outcome: Outcome, made: Performance) -> str:
    found, traded = many(len(outcome.episodes), "depeg"), many(made.total.trades, "trade")
    refused = many(len(outcome.declined), "chance")
    begin, end = f"${made.capital_usd:,.0f}", f"${made.equity_usd:,.0f}"
    return f"{begin} from {_span(outcome)}: {found}, {traded}, {refused} refused. At the end {end}."


def _card(name: str, value: str) -> Markup:
    tone = {"+": "won", "-": "lost"}.get(value[:1]) if name == "profit" else None
    main, _, rest = value.partition(", ")  # the figure, and what is said of it
    small = [element("small", rest)] if rest else []
    return element("div", element("span", name), element("b", main, class_=tone), *small, class_="card")


def _coins(outcome: Outcome, made: Performance) -> Iterator[Markup]:
    """A section for each coin that was traded, what earned most first."""
    of_coin = {coin: list(some) for coin, some in groupby(charts.stays(made.trades, outcome.episodes), _coin)}
    for coin, group in made.by_coin.items():
        every = of_coin[coin]
        shown = sorted(sorted(every, key=lambda stay: -abs(stay.pnl_usd))[:CHARTS], key=lambda stay: stay.since)
        width = charts.WIDE if len(shown) == 1 else charts.HALF
        most = f" The {CHARTS} of {len(every)} stretches that moved most." if len(every) > CHARTS else ""
        earned = f"{backtesting.signed(group.pnl_usd)}, capture {backtesting.share(group.capture)}"
        note = f"{many(group.trades, 'trade')}, {earned}.{most}"
        figures = [element("figure", _caption(stay), charts.price(stay, outcome, width)) for stay in shown]
        yield _section(coin, note, element("div", *figures, class_="one" if len(shown) == 1 else "two"))


def _coin(stay: charts.Stay) -> str:
    return stay.coin


def _caption(stay: charts.Stay) -> Markup:
    first = depegs.clock(stay.trades[0].entry_time)
    earned = element("b", backtesting.signed(stay.pnl_usd), class_="won" if stay.pnl_usd > 0 else "lost")
    return element("figcaption", f"{first}, {many(len(stay.trades), 'trade')}, ", earned)


def _trades(trades: Sequence[Trade]) -> Markup:
    names = ("entered", "held>", "coin", "kind", "venues", "size>", "in>", "out>", "slippage>")
    rows = [_trade(each) for each in trades[:ROWS]]
    return _table((*names, "fees>", "profit>", "best>", "capture>", "left because"), rows, len(trades))


def _trade(trade: Trade) -> Row:
    best = trade.best_pnl_usd
    return (
        (depegs.clock(trade.entry_time), trade.entry_time),
        (backtesting.held(trade), trade.held),
        (trade.coin, trade.coin),
        (trade.kind, trade.kind),
        (", ".join(trade.venues), trade.venues[0]),
        (f"${trade.size_usd:,.0f}", trade.size_usd),
        (backtesting.price(trade.entry_price), trade.entry_price),
        (backtesting.price(trade.exit_price), trade.exit_price),
        (f"{trade.slippage_bp:.1f} bp", trade.slippage_bp),
        (f"${trade.fees_usd:,.0f}", trade.fees_usd),
        (backtesting.signed(trade.pnl_usd), trade.pnl_usd),
        (backtesting.UNKNOWN if best is None else backtesting.signed(best), best),
        (backtesting.share(trade.capture), trade.capture),
        (trade.exit_reason or "", trade.exit_reason),
    )


def _table(names: Sequence[str], rows: Sequence[Row], count: int) -> Markup:
    """A table that can be sorted; a column whose name ends in `>` is set right. `count`: rows there would be."""
    sides = ["right" if name.endswith(">") else None for name in names]
    head = [
        element("th", element("button", name.rstrip(">")), class_=side) for name, side in zip(names, sides, strict=True)
    ]
    body = [element("tr", *(_cell(*each) for each in zip(row, sides, strict=True))) for row in rows]
    table = element("table", element("thead", element("tr", *head)), element("tbody", *body))
    rest = [element("p", f"{count - len(rows):,} more are left out here.", class_="note")] if count > len(rows) else []
    return joined(_scrolled(table), *rest)


def _cell(cell: tuple[str, float | str | None], side: str | None) -> Markup:
    told, key = cell
    tone = {"+$": "won", "-$": "lost"}.get(told[:2])
    return element("td", told, class_=" ".join(filter(None, (side, tone))) or None, data_key="" if key is None else key)


def _groups(made: Performance) -> Iterator[Markup]:
    for name, groups in backtesting.grouped(made):
        largest = max((abs(group.pnl_usd) for group in groups.values()), default=0.0) or 1.0
        rows = [_bar(each, group, largest) for each, group in groups.items()]
        yield element("div", element("h3", f"by {name}"), element("table", *rows), class_="group")


def _bar(name: str, group: Group, largest: float) -> Markup:
    tone = "won" if group.pnl_usd > 0 else "lost"
    width = f"width:{abs(group.pnl_usd) / largest:.0%}"
    return element(
        "tr",
        element("th", name),
        element("td", element("i", class_=f"bar {tone}", style=width), class_="bars"),
        element("td", backtesting.signed(group.pnl_usd), class_=f"right {tone}"),
        element("td", many(group.trades, "trade"), class_="right"),
        element("td", f"{backtesting.share(group.hit_rate)} won", class_="right"),
    )


def _how_many_refused(outcome: Outcome) -> str:
    if not outcome.declined:
        return "No chance was refused."
    return "Chances that were not taken, by reason; of each coin and kind the first time in an episode."


def _refused(declined: Iterable[Declined]) -> Markup:
    """Each reason once, whatever the numbers in it; what was refused most comes first."""
    by_reason: dict[str, list[Declined]] = {}
    for each in declined:
        by_reason.setdefault(re.sub(r"[-+]?\d[\d,.]*", "…", each.reason), []).append(each)
    ordered: Mapping[str, list[Declined]] = dict(sorted(by_reason.items(), key=lambda one: -len(one[1])))
    rows = [_reason(reason, some) for reason, some in ordered.items()]
    return _table(("times>", "coins", "kinds", "first", "last", "reason"), rows[:ROWS], len(rows))


def _reason(blurred: str, some: Sequence[Declined]) -> Row:
    told = some[0].reason if len({each.reason for each in some}) == 1 else f"{blurred} (first: {some[0].reason})"
    return (
        (f"{len(some):,}", len(some)),
        *((text := ", ".join(sorted({getattr(each, name) for each in some})), text) for name in ("coin", "kind")),
        (depegs.clock(some[0].at), some[0].at),
        (depegs.clock(some[-1].at), some[-1].at),
        (told, told),
    )


def _episodes(outcome: Outcome, trades: Sequence[Trade]) -> Markup:
    """All that were found, and how many trades began in each."""
    rows: list[Row] = []
    for each in outcome.episodes[:ROWS]:
        end = outcome.curve[-1].at if each.end is None and outcome.curve else each.end or each.alert
        begun = sum(trade.coin == each.coin and each.start <= trade.entry_time <= end for trade in trades)
        lasted = f"{depegs.length(end - each.start)}{' so far' if each.end is None else ''}"
        where = "everywhere" if each.scope == "coin" else each.scope.removeprefix("venue:")
        off = each.peak_bp if each.direction == "above" else -each.peak_bp
        rows.append(
            (
                (depegs.clock(each.start), each.start),
                (lasted, end - each.start),
                (each.coin, each.coin),
                (where, where),
                (each.severity.name.lower(), each.severity.value),
                (f"{each.trough:.4f}", each.trough),
                (f"{off:+,.0f} bp", off),
                (str(begun), begun),
            )
        )
    names = ("start", "lasted>", "coin", "where", "severity", "worst>", "off its peg>", "trades>")
    return _table(names, rows, len(outcome.episodes))
