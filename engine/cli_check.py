"""The command `vernissage check`: hold written files to what a game engine needs."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.console import (
    EXIT_FAILED,
    errors_as_sentences,
    print_json,
    progress_bar,
    show,
    stop_on_interrupt,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from engine.check.finding import Finding
    from engine.check.run import Checked

_SAID = {True: "[green]yes[/green]", False: "[red]NO[/red]", None: "[dim]-[/dim]"}


def check(
    paths: Annotated[list[Path], typer.Argument(help=".glb files, or folders of them.")],
    validator: Annotated[
        Path | None,
        typer.Option(help="Script for node that runs the Khronos validator on a file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Check that assets are whole: surface, UVs, levels, collider, textures, place, provenance.

    Everything is measured from the files and compared with what they state. Exit code 1 when a
    check fails.

    [bold]Examples[/bold]

    vernissage check props

    vernissage check chair.glb --validator tests/node/validate.mjs
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.check.run import check as run

        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            checked = run(
                paths, validator=validator, on_progress=on_progress, is_cancelled=is_cancelled
            )
        failed = [one for one in checked if not one.holds]
        if as_json:
            print_json(
                {
                    "holds": not failed,
                    "files": [one.as_json() for one in checked],
                    "summary": summary(checked),
                }
            )
        else:
            _show(checked, failed)
        if failed:
            raise typer.Exit(EXIT_FAILED)


def summary(checked: Sequence[Checked]) -> dict[str, dict[str, Any]]:
    """For each check: how many files passed, failed, were left out, and the median and worst value.

    Only values of files to which the check applies count.
    """
    found: dict[str, list[Finding]] = {}
    for one in checked:
        for finding in one.findings:
            found.setdefault(finding.check, []).append(finding)
    result: dict[str, dict[str, Any]] = {}
    for name, findings in found.items():
        values = [f.value for f in findings if f.value is not None]
        result[name] = {
            "passed": sum(f.holds is True for f in findings),
            "failed": sum(f.holds is False for f in findings),
            "left_out": sum(f.holds is None for f in findings),
        }
        if values:
            result[name] |= {"median": median(values), "worst": max(values)}
    return result


def _show(checked: list[Checked], failed: list[Checked]) -> None:
    from rich.markup import escape

    show(_one(checked[0]) if len(checked) == 1 else _many(checked))
    for one in failed:
        for finding in one.findings:
            if finding.holds is False:
                show(
                    f"[red]{escape(one.path.name)}[/red]  {finding.check}: "
                    f"{escape(finding.sentence)}. {escape(finding.fix)}"
                )
    if failed:
        show(f"{len(failed)} of {len(checked)} failed.")
    else:
        show(f"{checked[0].path}: all holds." if len(checked) == 1 else f"All {len(checked)} hold.")


def _one(checked: Checked) -> Table:
    """Each check with what was measured."""
    from rich.markup import escape

    table = _table("check", "holds", "measured")
    for finding in checked.findings:
        table.add_row(finding.check, _SAID[finding.holds], escape(finding.sentence))
    return table


def _many(checked: list[Checked]) -> Table:
    """Each check with how many files hold to it."""
    table = _table("check", "hold", "fail", "left out", "median", "worst")
    for name, row in summary(checked).items():
        fail = f"[red]{row['failed']}[/red]" if row["failed"] else "0"
        figures = (f"{row[key]:.3g}" if key in row else "" for key in ("median", "worst"))
        table.add_row(name, str(row["passed"]), fail, str(row["left_out"]), *figures)
    return table


def _table(*columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
