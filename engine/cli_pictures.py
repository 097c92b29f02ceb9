"""The commands on pictures: `vernissage upscale` and `vernissage restyle`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.console import errors_as_sentences, print_json, show

if TYPE_CHECKING:
    from engine.pictures import Outcome

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")]
File = Annotated[Path, typer.Argument(help="A .png, .jpg, .webp, .tif, .bmp or .gif file.")]


def upscale(
    file: File,
    scale: Annotated[
        int,
        typer.Option(help="2 or 4 times as many pixels a side; 1 mends blur, noise and blocks."),
    ] = 2,
    model: Annotated[
        str | None, typer.Option(help="A run folder. Default: `upscale`; to mend, `enhance`.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write: .png, .jpg or .webp. Default: FILE-x2.png.")
    ] = None,
    seamless: Annotated[
        bool, typer.Option("--seamless", help="It is a tile that repeats: let no seam appear.")
    ] = False,
    tile: Annotated[
        int, typer.Option(help="Edge of the tiles in pixels: less memory, the same result.")
    ] = 192,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a picture two or four times as large, and sharp; or mend it at its size.

    [bold]Examples[/bold]

    vernissage upscale painting.png --scale 4

    vernissage upscale bricks.png --seamless --out bricks-256.png

    vernissage upscale blurred.jpg --scale 1
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.pictures import upscale as run

        outcome = run(file, out=out, scale=scale, seamless=seamless, tile=tile, model=model)
        _show(outcome, as_json)


def _show(outcome: Outcome, as_json: bool) -> None:
    if as_json:
        print_json({"file": outcome.path, "report": outcome.report})
        return
    (w, h), seconds = outcome.report["to"], outcome.report["seconds"]
    show(f"{outcome.path}: {w} x {h} pixels in {seconds:.1f} s")


def texture(
    mesh: Annotated[Path, typer.Argument(help="A .glb, .gltf, .obj, .ply or .stl file.")],
    material: Annotated[
        str, typer.Option(help="A class of `materials`: wood, planks, brick, marble ...")
    ] = "wood",
    seed: Annotated[int, typer.Option(min=0, help="Which piece of it.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="GLB to write. Default: MESH-MATERIAL.glb.")
    ] = None,
    size: Annotated[
        int, typer.Option("--texture", help="Edge of the atlas: 256, 512, 1024 or 2048.")
    ] = 1024,
    scale: Annotated[float, typer.Option(help="Of the material; 1 is its true size.")] = 1.0,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Cover a mesh with a generated material, without seams: colour, normals, roughness, metallic.

    [bold]Examples[/bold]

    vernissage texture chair.glb --material wood --seed 4

    vernissage texture column.obj --material marble --texture 2048 --scale 0.5
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.clad import texture as run

        outcome = run(mesh, class_name=material, seed=seed, out=out, size=size, scale=scale)
        if as_json:
            print_json({"file": outcome.path, "report": outcome.report})
        else:
            about = outcome.report
            show(
                f"{outcome.path}: {about['triangles']} triangles in {about['class']}, "
                f"{about['texture']} texels, {about['seconds']:.1f} s"
            )


def restyle(
    file: File,
    style: Annotated[
        str, typer.Option(help="impressionist, post_impressionist, old_master or woodblock.")
    ] = "impressionist",
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: FILE-STYLE.png.")
    ] = None,
    strength: Annotated[float, typer.Option(help="0 leaves it, 1 is the full manner.")] = 1.0,
    strokes: Annotated[
        float, typer.Option(help="Width of brush strokes in pixels of the result; 0 for none.")
    ] = 5.0,
    scale: Annotated[int, typer.Option(help="1, 2 or 4 times as many pixels a side.")] = 1,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Turn a photograph into a painting: light, palette and touch of a manner, then strokes.

    [bold]Examples[/bold]

    vernissage restyle garden.jpg --style impressionist --scale 2

    vernissage restyle street.jpg --style old_master --strokes 0
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.pictures import restyle as run

        outcome = run(file, style=style, out=out, strength=strength, strokes=strokes, scale=scale)
        _show(outcome, as_json)
