"""Put a trained run into the zoo: measure it, write the figures on its card, copy the weights.

Run from the repository: python tools/publish_model.py runs/NAME --data FOLDER [--baseline RUN ...]
The tables go into docs/quality.md as well, where it has a place marked for the model; so do those
of an equal-time run.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.evaluate import evaluate
from engine.files import write_bytes, write_json
from engine.metrics.field_report import field_markdown
from engine.metrics.picture_report import picture_markdown
from engine.metrics.report import markdown_report
from engine.zoo.card import card, weights_path

ROOT = Path(__file__).resolve().parents[1]
ZOO = ROOT / "engine" / "zoo"
PAGE = ROOT / "docs" / "quality.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="run folder made by `vernissage train`")
    parser.add_argument("--data", type=Path, required=True, help="the folder it was trained on")
    parser.add_argument("--baseline", action="append", default=[], help="run folder of a baseline")
    parser.add_argument("--equal-time", type=Path, help="folder of `vernissage bench train --out`")
    arguments = parser.parse_args()
    about = card(arguments.run)
    report = evaluate(
        arguments.run,
        data=arguments.data,
        baselines=tuple(arguments.baseline),
        console=Console(width=160),
    )
    weights = f"{about.name}.safetensors"
    write_bytes(ZOO / "weights" / weights, weights_path(arguments.run, about).read_bytes())
    published = about.model_copy(update={"weights": weights, "metrics": report})
    write_json(ZOO / "cards" / f"{about.name}.json", published.model_dump(mode="json"))
    page = with_tables(PAGE.read_text("utf-8"), about.name, as_markdown(report))
    if arguments.equal_time:
        equal = json.loads((arguments.equal_time / "report.json").read_text("utf-8"))
        page = with_tables(page, f"{about.name} at equal time", as_markdown(equal))
    write_bytes(PAGE, page.encode())


def as_markdown(report: dict[str, Any]) -> str:
    if "held_out" in report:
        return tool_markdown(report)
    if "pictures" in report:
        return picture_markdown(report)
    return field_markdown(report) if "categories" in report else markdown_report(report)


def tool_markdown(report: dict[str, Any]) -> str:
    """A row for each data set of held-out pictures."""
    heads = list(next(iter(report["held_out"].values())))
    lines = [["held-out", *heads], ["---"] + ["---:"] * len(heads)]
    lines += [[name, *(f"{row[h]:g}" for h in heads)] for name, row in report["held_out"].items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def with_tables(page: str, name: str, tables: str) -> str:
    """The page with what lies between `<!-- tables: NAME -->` and `<!-- end -->` replaced."""
    place = re.compile(rf"(<!-- tables: {re.escape(name)} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}\n{tables}\n", page)


if __name__ == "__main__":
    main()
