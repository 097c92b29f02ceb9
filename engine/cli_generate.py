"""The command `vernissage generate`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

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
    from engine.request import GenerateResult

SHOWN = 5
"""Refused seeds that are listed one by one."""

_SHAPE, _MESH, _FILES = "What it is", "How it is built (models of textured shapes)", "Files"


def generate(
    model: Annotated[
        str | None, typer.Argument(help="A model's name; see `vernissage models list`.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the first asset. Default 0.")] = None,
    count: Annotated[
        int | None, typer.Option(help="How many; seeds run upwards. Default 1.")
    ] = None,
    class_name: Annotated[
        str | None,
        typer.Option(
            "--class",
            help="A class or a category of the model; see `vernissage models show`. Default: any.",
            rich_help_panel=_SHAPE,
        ),
    ] = None,
    truncation: Annotated[
        float | None,
        typer.Option(
            help="0 is the average shape, 1 full variety; 0.7 is tidier. Default 1.",
            rich_help_panel=_SHAPE,
        ),
    ] = None,
    height: Annotated[
        float | None,
        typer.Option(
            help="Metres. Default: people 1.7, others the size of their class.",
            rich_help_panel=_SHAPE,
        ),
    ] = None,
    rig: Annotated[
        bool | None,
        typer.Option(
            "--rig/--no-rig",
            help="Fit an armature and an idle clip. Default: to people only.",
            rich_help_panel=_SHAPE,
        ),
    ] = None,
    triangles: Annotated[
        int | None,
        typer.Option(
            help="Of the finest level; each further one has half. Default 3000.",
            rich_help_panel=_MESH,
        ),
    ] = None,
    texture: Annotated[
        int | None,
        typer.Option(
            help="Edge in pixels: 256, 512, 1024 or 2048. Default 1024.", rich_help_panel=_MESH
        ),
    ] = None,
    lods: Annotated[
        int | None,
        typer.Option(help="Levels of detail, 1 to 4. Default 3.", rich_help_panel=_MESH),
    ] = None,
    collider: Annotated[
        Literal["none", "hull", "parts"] | None,
        typer.Option(
            help="One convex hull, or up to eight parts that follow the shape. Default hull.",
            rich_help_panel=_MESH,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder. Default vernissage-out.", rich_help_panel=_FILES),
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="glb; voxel models also vox, pictures png and webp. May be repeated.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    previews: Annotated[
        bool | None,
        typer.Option(
            "--previews/--no-previews", help="Render PNGs and a sheet.", rich_help_panel=_FILES
        ),
    ] = None,
    request: Annotated[
        Path | None,
        typer.Option(
            help="Replay a request from a JSON file; options override it.", rich_help_panel=_FILES
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")] = False,
) -> None:
    """Make assets: the same request and seed give the same bytes.

    [bold]Examples[/bold]

    vernissage generate voxel_characters --seed 7 --count 8 --out people

    vernissage generate textured_props --class chair --count 8 --truncation 0.8

    vernissage generate textured_props --class furniture --triangles 800 --texture 512 --lods 2

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
            "class_name": class_name,
            "truncation": truncation,
            "height": height,
            "rig": rig,
            "triangles": triangles,
            "texture": texture,
            "lods": lods,
            "collider": collider,
            "formats": formats or None,
            "previews": previews,
            "out": out,
        }
        values.update({name: value for name, value in given.items() if value is not None})
        parsed = GenerateRequest.parse(values)
        begin = time.perf_counter()
        with progress_bar() as on_progress, stop_on_interrupt() as is_cancelled:
            result = make(parsed, on_progress=on_progress, is_cancelled=is_cancelled)
        seconds = time.perf_counter() - begin
        if as_json:
            print_json(_as_json(result, seconds))
        else:
            _show(result, parsed.out, seconds)


def _read_request(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{path} could not be read: {error}") from error
    return read_json_object(text, str(path))


def _as_json(result: GenerateResult, seconds: float) -> dict[str, Any]:
    return {
        "items": [
            {"name": item.name, "seed": item.seed, "files": item.files, "report": item.report}
            for item in result.items
        ],
        "refused": [vars(refusal) for refusal in result.refused],
        "sheet": result.sheet,
        "report": result.report,
        "seconds": round(seconds, 3),
    }


def _show(result: GenerateResult, out: Path, seconds: float) -> None:
    made = len(result.items)
    show(f"Made {made} {'asset' if made == 1 else 'assets'} in {seconds:.1f} s: {out}")
    for refusal in result.refused[:SHOWN]:
        show(f"Seed {refusal.seed} gave none: {refusal.sentence}. {refusal.fix}")
    if len(result.refused) > SHOWN:
        show(f"{len(result.refused) - SHOWN} more gave none; the report says why")
    if result.sheet is not None:
        show(f"Contact sheet: {result.sheet}")
    show(f"Report: {result.report}")
