"""The screen of `repeg watch`: coins, depegs and feeds, and one coin by itself."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, Sparkline, Static

from bot.app import watch_cells, watch_lines
from bot.app.inbox import Happened
from bot.app.watch_cells import Cells
from bot.app.watch_lines import CoinLine
from bot.app.watching import Watch
from bot.model.errors import UserError
from bot.model.markets import Asset
from bot.venues.health import FeedHealth

Feeds = Callable[[], Sequence[FeedHealth]]

REFRESH = 0.5  # seconds
BUCKET = 10.0  # bp: coins that differ by less keep their order, so that rows do not dance


class Table(DataTable[Text | str]):
    """Rows by key: refilled as often as one likes, the cursor stays with its row."""

    def __init__(self, columns: Sequence[str], *, id: str) -> None:  # noqa: A002 - textual's name for it
        super().__init__(id=id, cursor_type="row", zebra_stripes=True)
        self._columns = columns

    def on_mount(self) -> None:
        """Headers."""
        for name in self._columns:
            self.add_column(name, key=name)

    def show(self, rows: Mapping[str, Cells]) -> None:
        """These rows and no others, in this order."""
        if [row.key.value for row in self.ordered_rows] != list(rows):
            self._refill(rows)
            return
        for key, cells in rows.items():
            for column, cell in zip(self._columns, cells, strict=True):
                if self.get_cell(key, column) != cell:
                    self.update_cell(key, column, cell, update_width=True)

    @property
    def chosen(self) -> str | None:
        """The key of the row under the cursor."""
        return self.ordered_rows[self.cursor_row].key.value if self.is_valid_row_index(self.cursor_row) else None

    def _refill(self, rows: Mapping[str, Cells]) -> None:
        held = self.chosen
        self.clear()
        for key, cells in rows.items():
            self.add_row(*cells, key=key)
        if held is not None and held in rows:
            self.move_cursor(row=self.get_row_index(held))


class WatchApp(App[None]):
    """All coins. It follows `events` by itself while it is open."""

    CSS = """
    #coins { height: 2fr; }
    #depegs { height: 1fr; border-top: solid $primary; }
    #feeds { height: 1fr; border-top: solid $primary; }
    #filter { display: none; }
    #filter.asked { display: block; }
    """
    TITLE = "repeg watch"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "sort"),
        Binding("slash", "filter", "filter"),
        Binding("escape", "all", "all coins"),
        Binding("q", "quit", "quit"),
    ]

    def __init__(self, watch: Watch, events: AsyncGenerator[Happened, None], feeds: Feeds) -> None:
        super().__init__()
        self._watch, self._events, self._feeds = watch, events, feeds
        self._wanted, self._by_name = "", False
        self.complaint: UserError | None = None  # what ended it

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        yield Static(id="summary")
        yield Input(placeholder="coins whose name contains ...", id="filter")
        yield Table(watch_cells.COINS, id="coins")
        yield Table(watch_cells.DEPEGS, id="depegs")
        yield Table(watch_cells.FEEDS, id="feeds")
        yield Footer()

    def on_mount(self) -> None:
        """Begin."""
        self.run_worker(self._follow(), exit_on_error=True)
        self.set_interval(REFRESH, self.show)
        self.query_one("#coins", Table).focus()
        self.show()

    async def _follow(self) -> None:
        try:
            await self._watch.follow(self._events)
        except UserError as error:
            self.complaint = error
            self.exit(return_code=1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Of the keys only quitting goes for one coin, too."""
        del parameters
        return action not in ("sort", "filter", "all") or len(self.screen_stack) == 1

    def show(self) -> None:
        """What is known now."""
        lines, lasting, feeds = watch_lines.coins(self._watch), watch_lines.depegs(self._watch), self._feeds()
        main = self.screen_stack[0]
        if not main.query("#summary"):  # not laid out yet, or no more
            return
        main.query_one("#summary", Static).update(watch_cells.summary(lines, lasting, feeds))
        main.query_one("#coins", Table).show({line.coin: watch_cells.coin(line) for line in self._sorted(lines)})
        main.query_one("#depegs", Table).show(
            {f"{each.coin} {each.scope} {each.direction}": watch_cells.depeg(each) for each in lasting}
        )
        main.query_one("#feeds", Table).show({each.venue: watch_cells.feed(each) for each in feeds})

    def _sorted(self, lines: Sequence[CoinLine]) -> list[CoinLine]:
        wanted = [line for line in lines if self._wanted in line.coin]
        if self._by_name:
            return sorted(wanted, key=lambda line: line.coin)
        return sorted(wanted, key=lambda line: (-(abs(line.off_bp or 0.0) // BUCKET), line.coin))

    def action_sort(self) -> None:
        """By distance from the peg, or by name."""
        self._by_name = not self._by_name
        self.show()

    def action_filter(self) -> None:
        """Ask for a part of a name."""
        asking = self.query_one("#filter", Input)
        asking.add_class("asked")
        asking.focus()

    def action_all(self) -> None:
        """No filter."""
        self._filtered("")

    def on_input_submitted(self, submitted: Input.Submitted) -> None:
        """Only coins like that."""
        self._filtered(submitted.value.strip().upper())

    def _filtered(self, wanted: str) -> None:
        self._wanted = wanted
        asking = self.query_one("#filter", Input)
        asking.remove_class("asked")
        asking.value = ""
        self.query_one("#coins", Table).focus()
        self.show()

    def on_data_table_row_selected(self, selected: DataTable.RowSelected) -> None:
        """Into the coin under the cursor; of a depeg, into its coin."""
        if selected.data_table.id in ("coins", "depegs") and selected.row_key.value:
            self.push_screen(CoinScreen(self._watch, selected.row_key.value.partition(" ")[0]))


class CoinScreen(Screen[None]):
    """One coin: where it trades, what each market says of it, and its last minutes."""

    CSS = "#trail { height: 4; margin: 1 0; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "back"),
        Binding("q", "app.quit", "quit"),
    ]

    def __init__(self, watch: Watch, coin: Asset) -> None:
        super().__init__()
        self._watch, self._coin = watch, coin

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        with Vertical():
            yield Static(id="coin")
            yield Sparkline([], id="trail", summary_function=max)
            yield Table(watch_cells.MARKETS, id="markets")
        yield Footer()

    def on_mount(self) -> None:
        """Begin."""
        self.set_interval(REFRESH, self.show)
        self.query_one("#markets", Table).focus()
        self.show()

    def show(self) -> None:
        """What is known now."""
        line = next((each for each in watch_lines.coins(self._watch) if each.coin == self._coin), None)
        told = [each for each in watch_lines.depegs(self._watch) if each.coin == self._coin]
        self.query_one("#coin", Static).update(watch_cells.portrait(self._coin, line, told))
        self.query_one("#trail", Sparkline).data = [abs(off) for off in self._watch.trails.get(self._coin, ())]
        markets = watch_lines.markets(self._watch, self._coin)
        self.query_one("#markets", Table).show({str(each.market): watch_cells.market(each) for each in markets})
