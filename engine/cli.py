"""The command `vernissage`. Each verb imports what it needs when it runs, so help is instant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

# Must be set before torch loads: spinning OpenMP threads make a busy machine 17 times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import typer

from engine import __version__
from engine.cli_check import check
from engine.cli_control import edit
from engine.cli_dataset import dataset
from engine.cli_families import bench_families
from engine.cli_generate import generate
from engine.cli_judge import judge
from engine.cli_museum import bench_museum, museum
from engine.cli_pictures import restyle, texture, upscale
from engine.cli_playground import playground
from engine.cli_project import project
from engine.cli_repair import repair
from engine.cli_sweep import sweep
from engine.cli_train import train
from engine.cli_view import view
from engine.console import (
    errors_as_sentences,
    print_json,
    progress_bar,
    show,
    stop_on_interrupt,
)
from engine.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.bench import Figure

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

    vernissage generate textured_props --class chair --out chairs

    vernissage models show voxel_characters

    vernissage doctor

    Every command explains itself with --help and speaks JSON with --json.
    """,
)
models = typer.Typer(no_args_is_help=True, help="List the models that ship, or read one's card.")
bench = typer.Typer(no_args_is_help=True, help="Measure speed and memory on this machine.")
app.command()(generate)
app.command()(repair)
app.command()(check)
app.command()(train)
app.command()(view)
app.command()(playground)
app.command()(sweep)
app.command()(judge)
app.command()(project)
app.command()(upscale)
app.command()(restyle)
app.command()(texture)
app.add_typer(models, name="models")
app.add_typer(bench, name="bench")
app.add_typer(dataset, name="dataset")
app.add_typer(edit, name="edit")
app.add_typer(museum, name="museum")
bench.command("museum")(bench_museum)
bench.command("families")(bench_families)

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
    model: Annotated[
        str, typer.Argument(help="A model's name, or a run folder.")
    ] = "voxel_characters",
    runs: Annotated[int, typer.Option(min=1, help="Repetitions behind each median.")] = 5,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Cold start, warm asset, assets per hour, peak memory: medians with min and max."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.bench import bench_generate as run

        _show_figures(run(runs, model), as_json)


@bench.command("train")
def bench_train(
    minutes: Annotated[
        float | None,
        typer.Option(help="Train props and both baselines, each for so long, and score them."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="With --minutes: data set to train on; see dataset build.")
    ] = None,
    out: Annotated[Path, typer.Option(help="With --minutes: folder for the runs.")] = Path(
        "runs/equal-time"
    ),
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Training steps against the layer plans of 3D-GAN and SDF-StyleGAN; quality at equal time.

    [bold]Examples[/bold]

    vernissage bench train

    vernissage bench train --minutes 15 --data built-props
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from rich.console import Console

        from engine import bench_train

        if minutes is None:
            _show_figures(bench_train.run(), as_json)
            return
        if data is None or not minutes > 0:
            raise BadRequest("--minutes needs a number above zero and --data")
        console = None if as_json else Console(highlight=False, width=120)
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            report = bench_train.equal_time(
                minutes,
                data=data,
                out=out,
                console=console,
                on_progress=on_progress,
                is_cancelled=is_cancelled,
            )
        if as_json:
            print_json(report)


@bench.command("pictures")
def bench_pictures(
    runs: Annotated[int, typer.Option(min=1, help="Repetitions behind each median.")] = 3,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Pictures beside DCGAN and a plan of StyleGAN2's size; exactness and memory of enlarging."""
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.bench_pictures import run

        _show_figures(run(runs), as_json)


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
