"""The command `vernissage view`: a museum in the browser and in a headset, or as a site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.console import errors_as_sentences, print_json, show

if TYPE_CHECKING:
    from engine.viewer.server import Server

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show an error's traceback.")]


def view(
    folder: Annotated[Path, typer.Argument(help="Folder of a museum that was built.")],
    export: Annotated[
        Path | None, typer.Option(help="Write a site that any web server hosts, and end.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any that is free.")] = 8137,
    lan: Annotated[
        bool, typer.Option("--lan", help="Serve the local network too, with TLS, for headsets.")
    ] = False,
    cert: Annotated[Path | None, typer.Option(help="Certificate (PEM), with --lan.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM), with --lan.")] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the browser.")] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Walk through a museum in the browser; nothing leaves this machine. Ctrl-C ends it.

    [bold]Examples[/bold]

    vernissage view museum

    vernissage view museum --export site

    vernissage view museum --lan --cert cert.pem --key key.pem
    """
    with errors_as_sentences(as_json=as_json, verbose=verbose):
        from engine.museum.store import read_museum
        from engine.viewer.page import built_page
        from engine.viewer.site import must_be_built

        museum = read_museum(folder)
        home = folder.parent if folder.is_file() else folder
        must_be_built(museum, home)
        page = built_page(say=lambda sentence: typer.echo(sentence, err=True))
        if export is not None:
            from engine.viewer.site import export as write_site

            files = write_site(folder, page, export)
            size = sum((export / name).stat().st_size for name in files)
            if as_json:
                print_json({"site": export, "files": len(files), "bytes": size})
            else:
                show(
                    f"{museum.title}: {len(files)} files, {size / 1e6:.1f} MB in {export}",
                    f"Try it: {sys.executable} -m http.server --directory {export} 8000",
                )
            return
        server = _listen(page, home, port=port, lan=lan, cert=cert, key=key)
        address = f"http{'s' if lan else ''}://localhost:{server.server_address[1]}/"
        if as_json:
            print_json({"address": address, "title": museum.title})
        else:
            show(f"{museum.title}: {address}", *_recipe(server, lan=lan), "Ctrl-C ends it.")
        if open_browser:
            import webbrowser

            webbrowser.open(address)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()


def _listen(
    page: Path, home: Path, *, port: int, lan: bool, cert: Path | None, key: Path | None
) -> Server:
    from engine.errors import BadRequest
    from engine.viewer.server import (
        Site,
        certificate,
        lan_address,
        open_server,
        openssl_recipe,
    )

    if not lan:
        if cert or key:
            raise BadRequest("--cert and --key are for --lan; this machine needs none")
        site = Site(page.resolve(), home.resolve())
        return open_server(site, host="127.0.0.1", port=port)
    if cert is None or key is None:
        recipe = openssl_recipe(lan_address())
        raise BadRequest(
            "Headsets show VR only over TLS: --lan needs --cert and --key. "
            f"This makes both: {recipe}"
        )
    site = Site(page.resolve(), home.resolve(), names=None)
    return open_server(site, host="0.0.0.0", port=port, secure=certificate(cert, key))


def _recipe(server: Server, *, lan: bool) -> tuple[str, ...]:
    """How a headset gets here."""
    from engine.viewer.server import lan_address

    number = server.server_address[1]
    if lan:
        return (
            f"In the headset's browser: https://{lan_address()}:{number}/",
            "It warns of a certificate that it does not know: Advanced, then Proceed. "
            "Then choose Enter VR.",
        )
    return (
        f"A headset on a cable: adb reverse tcp:{number} tcp:{number}, then open the same address "
        "in it. Over the air: --lan (docs/viewer.md).",
    )
