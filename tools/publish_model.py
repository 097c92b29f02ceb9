"""Put a trained run into the zoo: measure it, write the figures on its card, copy the weights.

Run from the repository: python tools/publish_model.py runs/NAME --data FOLDER [--baseline RUN ...]
The tables go into docs/quality.md as well, where it has a place marked for the model.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from rich.console import Console

from engine.evaluate import evaluate
from engine.files import write_bytes, write_json
from engine.metrics.field_report import field_markdown
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
    tables = field_markdown(report) if "categories" in report else markdown_report(report)
    write_bytes(PAGE, with_tables(PAGE.read_text("utf-8"), about.name, tables).encode())


def with_tables(page: str, name: str, tables: str) -> str:
    """The page with what lies between `<!-- tables: NAME -->` and `<!-- end -->` replaced."""
    place = re.compile(rf"(<!-- tables: {re.escape(name)} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    return place.sub(lambda found: f"{found[1]}\n{tables}\n", page)


if __name__ == "__main__":
    main()
