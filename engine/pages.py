"""What the command shows a person: a card, the findings of the doctor, a table of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.zoo.offer import describe

if TYPE_CHECKING:
    from rich.console import RenderableType

    from engine.bench import Figure
    from engine.doctor import Findings
    from engine.zoo.card import Card

_MARKS = {"good": ("ok", "green"), "advice": ("note", "yellow"), "broken": ("broken", "red")}


def list_page(cards: Sequence[Card]) -> RenderableType:
    """One line a model: its name, what it makes, the size of its weights."""
    table = Table(box=None, pad_edge=False)
    table.add_column("model", style="bold", no_wrap=True)
    table.add_column("makes")
    table.add_column("weights", justify="right", no_wrap=True)
    for card in cards:
        table.add_row(card.name, card.title, f"{card.bytes / 1e6:.1f} MB")
    return table


def card_page(card: Card) -> RenderableType:
    """A model's card as a page: what it is, from what, how good, at what cost, where it fails."""
    parts: list[RenderableType] = [
        Text(card.title, style="bold"),
        Text(card.summary),
        *_classes(card),
        _heading("Training data"),
        *[_bullet(f"{s.name}, {s.author} ({s.licence})") for s in card.sources],
        *[_bullet(f"begun with {p.name} (weights {p.sha256[:12]})") for p in card.parents],
        _heading("Licence"),
        _bullet(f"weights: {card.licence}"),
        _bullet(card.attribution),
    ]
    if "categories" in card.metrics:
        from engine.metrics.field_report import field_page

        parts += [_heading("Quality"), field_page(card.metrics)]
    elif "rows" in card.metrics:
        from engine.metrics.report import report_page

        parts += [_heading("Quality"), report_page(card.metrics)]
    elif card.metrics:
        parts += [_heading("Quality"), _pairs(card.metrics)]
    if card.cost:
        parts += [_heading("Cost"), _pairs(card.cost)]
    if card.limits:
        parts += [_heading("Limits"), *[_bullet(limit) for limit in card.limits]]
    parts += [
        _heading("Weights"),
        _pairs({"file": card.weights, "bytes": card.bytes, "sha256": card.sha256}),
    ]
    return Group(*parts)


def _classes(card: Card) -> list[RenderableType]:
    """What can be asked for by name, one line a category."""
    categories = describe(card)["categories"]
    if not categories:
        return []
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for category in categories:
        members = (f"{one['name']} ({one['examples']})" for one in category["classes"])
        table.add_row(category["name"], ", ".join(members))
    head = _heading("Classes, and how many examples each has learned from")
    return [head, Padding(table, (0, 0, 0, 2))]


def doctor_page(findings: Findings) -> RenderableType:
    """One line a check, and the advice under it."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for finding in findings.all:
        word, colour = _MARKS[finding.level]
        said = Text(finding.value)
        if finding.advice:
            said.append(f"\n{finding.advice}", style="italic")
        table.add_row(Text(word, style=colour), finding.name, said)
    return table


def bench_page(figures: Sequence[Figure]) -> RenderableType:
    """A table of medians, the smallest and the largest run, and the bar to reach."""
    table = Table(box=None, pad_edge=False)
    table.add_column("what", style="bold")
    for title in ("median", "min", "max"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("bar", no_wrap=True)
    for figure in figures:
        numbers = (_number(value) for value in (figure.median, figure.least, figure.most))
        style = "" if figure.reached else "red"
        table.add_row(figure.name, *numbers, figure.unit, Text(figure.bar_text, style=style))
    return table


def _heading(text: str) -> RenderableType:
    return Text(f"\n{text}", style="bold")


def _bullet(text: str) -> RenderableType:
    return Padding(Text(f"- {text}"), (0, 0, 0, 2))


def _pairs(values: Mapping[str, Any]) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
    for name, value in values.items():
        table.add_row(Text(name.replace("_", " ")), Text(_value(value)))
    return Padding(table, (0, 0, 0, 2))


def _value(value: Any) -> str:
    """A JSON value as people write it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_value(part) for part in value)
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """Three digits that matter, thousands apart: 0.0421, 3.14, 21,400."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
