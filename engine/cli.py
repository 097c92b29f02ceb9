"""The command `vernissage`. Each verb imports what it needs when it runs, so help is instant."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

# Must be set before torch loads: spinning OpenMP threads make a busy machine 17 times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import typer

from engine import __version__
from engine.cli_check import check
from engine.cli_dataset import dataset
from engine.cli_repair import repair
from engine.cli_train import train
from engine.console import (
    errors_as_sentences,
    print_json,
    progress_bar,
    read_json_object,
    show,
    stop_on_interrupt,
)
from engine.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.bench import Figure
    from engine.request import GenerateResult

app = typer.Typer(
    name="vernissage",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""GANs that make game-ready 3D assets.

    [bold]Start here[/bold]

    vernissage generate voxel_characters --count 8 --out people

    vernissage models show voxel_characters

    vernissage doctor

    Every command explains itself with --help and speaks JSON with --json.
    """,
)
models = typer.Typer(no_args_is_help=True, help="List the models that ship, or read one's card.")
bench = typer.Typer(no_args_is_help=True, help="Measure speed and memory on this machine.")
app.command()(repair)
app.command()(check)
app.command()(train)
app.add_typer(models, name="models")
app.add_typer(bench, name="bench")
app.add_typer(dataset, name="dataset")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show the traceback of an error.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vernissage {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
def generate(
    model: Annotated[
        str | None, typer.Argument(help="A model's name; see `vernissage models list`.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the first asset. Default 0.")] = None,
    count: Annotated[
        int | None, typer.Option(help="How many; seeds run upwards. Default 1.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files. Default vernissage-out.")
    ] = None,
    truncation: Annotated[
        float | None, typer.Option(help="0 is the average shape, 1 full variety. Default 1.")
    ] = None,
    height: Annotated[
        float | None, typer.Option(help="Height of a character in metres. Default 1.7.")
    ] = None,
    rig: Annotated[
        bool | None, typer.Option("--rig/--no-rig", help="Fit an armature and an idle clip.")
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="glb or vox; may be repeated.")
    ] = None,
    previews: Annotated[
        bool | None, typer.Option("--previews/--no-previews", help="Render PNGs and a sheet.")
    ] = None,
    request: Annotated[
        Path | None, typer.Option(help="Replay a request from a JSON file; options override it.")
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make assets: the same request and seed give the same bytes.

    [bold]Examples[/bold]

    vernissage generate voxel_characters --seed 7 --count 8 --out people

    vernissage generate voxel_characters --format glb --format vox --height 1.2

    vernissage generate --request request.json --json
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.generate import generate as make
        from engine.request import GenerateRequest

        values = _read_request(request) if request else {}
        if not request and model is None:
            raise BadRequest("Which model? Name one, for example: voxel_characters")
        given = {
            "model": model,
            "seed": seed,
            "count": count,
            "out": out,
            "truncation": truncation,
            "height": height,
            "rig": rig,
            "formats": formats or None,
            "previews": previews,
        }
        values.update({name: value for name, value in given.items() if value is not None})
        parsed = GenerateRequest.parse(values)
        begin = time.perf_counter()
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            result = make(parsed, on_progress=on_progress, is_cancelled=is_cancelled)
        seconds = time.perf_counter() - begin
        if as_json:
            print_json(_result_as_json(result, seconds))
        else:
            _show_result(result, parsed.out, seconds)


def _read_request(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} could not be read: {error}") from error
    return read_json_object(text, str(path))


def _result_as_json(result: GenerateResult, seconds: float) -> dict[str, Any]:
    return {
        "items": [
            {"name": item.name, "seed": item.seed, "files": item.files, "report": item.report}
            for item in result.items
        ],
        "sheet": result.sheet,
        "report": result.report,
        "seconds": round(seconds, 3),
    }


def _show_result(result: GenerateResult, out: Path, seconds: float) -> None:
    made = len(result.items)
    show(f"Made {made} {'asset' if made == 1 else 'assets'} in {seconds:.1f} s: {out}")
    if result.sheet is not None:
        show(f"Contact sheet: {result.sheet}")
    show(f"Report: {result.report}")


@models.command("list")
def models_list(as_json: Json = False, verbose: Verbose = False) -> None:
    """List the models that ship, one line each."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.pages import list_page
        from engine.zoo.card import card, names

        cards = [card(name) for name in names()]
        if as_json:
            print_json({"models": [about.model_dump(mode="json") for about in cards]})
        else:
            show(list_page(cards))


@models.command("show")
def models_show(
    name: Annotated[str, typer.Argument(help="A model's name, for example voxel_characters.")],
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show a model's card: data, licences, quality beside its floor, cost, limits."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.pages import card_page
        from engine.zoo.card import card

        about = card(name)
        if as_json:
            print_json(about.model_dump(mode="json"))
        else:
            show(card_page(about))


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A model's name, or a run folder.")],
    data: Annotated[Path | None, typer.Option(help="Folder that it was trained on.")] = None,
    baseline: Annotated[
        list[str] | None, typer.Option(help="A run folder to score beside it; may be repeated.")
    ] = None,
    samples: Annotated[int, typer.Option(min=32, help="Seeds 0 to this, uncurated.")] = 512,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Score uncurated samples beside retrieval and the real-versus-real floor.

    [bold]Example[/bold]

    vernissage evaluate voxel_characters --data vox --baseline runs/wu2016
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from rich.console import Console

        from engine.evaluate import evaluate as score

        # Eight columns of figures need room, also where the output is a file.
        console = None if as_json else Console(highlight=False, width=120)
        report = score(
            model, data=data, baselines=tuple(baseline or ()), samples=samples, console=console
        )
        if as_json:
            print_json(report)


@app.command()
def doctor(as_json: Json = False, verbose: Verbose = False) -> None:
    """Check this machine and say what to do about what is wrong."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.doctor import examine
        from engine.pages import doctor_page

        findings = examine()
        if as_json:
            print_json({"healthy": findings.healthy, "findings": findings.as_json()})
        else:
            show(doctor_page(findings))
        if not findings.healthy:
            raise typer.Exit(1)


@app.command()
def worker() -> None:
    """Serve requests on stdin and stdout, as the Blender add-on asks (see docs/protocol.md)."""
    with errors_as_sentences():
        from engine.worker import serve

        raise typer.Exit(serve())


@bench.command("generate")
def bench_generate(
    runs: Annotated[int, typer.Option(min=1, help="Repetitions behind each median.")] = 5,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Cold start, warm character, characters per hour, peak memory: medians with min and max."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.bench import bench_generate as run

        _show_figures(run(runs), as_json)


@bench.command("train")
def bench_train(as_json: Json = False, verbose: Verbose = False) -> None:
    """The training step against the 3D-GAN layer plan at the same size, batch and data."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.bench_train import run

        _show_figures(run(), as_json)


def _show_figures(figures: Sequence[Figure], as_json: bool) -> None:
    from engine.pages import bench_page

    if as_json:
        print_json({"figures": [figure.as_json() for figure in figures]})
    else:
        show(bench_page(figures))


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
