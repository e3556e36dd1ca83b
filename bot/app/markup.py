"""HTML and SVG, put together so that no text of others becomes markup."""

from html import escape


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, /, *inside: str, **attributes: object) -> Markup:
    """One element. What is inside is escaped unless it is `Markup`; an attribute of None is left out.

    `class_` is class, and other low lines are hyphens: `data_points` is data-points.
    """
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{told}>{joined(*inside)}</{tag}>")


def joined(*parts: str) -> Markup:
    """One after the other."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))
