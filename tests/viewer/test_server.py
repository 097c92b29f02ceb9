"""The server: what it serves, to whom, and what it never serves."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import BadRequest
from engine.viewer.files import file_of_address
from engine.viewer.server import NoServer, Site, certificate, open_server

FILM = bytes(range(256)) * 40


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    page, museum = tmp_path / "page", tmp_path / "museum"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html>page")
    (page / "assets/index.js").write_text("0")
    (museum / "works").mkdir(parents=True)
    (museum / "museum.json").write_text("{}")
    (museum / "catalogue.html").write_text("all")
    (museum / "film.mp4").write_bytes(FILM)
    (museum / "works/a b.webp").write_bytes(b"picture")
    (museum / "works/body.glb").write_bytes(b"glTF")
    (museum / ".secret.json").write_text("no")
    (museum / "notes.py").write_text("no")
    (tmp_path / "outside.json").write_text("no")
    (museum / "link.json").symlink_to(tmp_path / "outside.json")
    return page, museum


@pytest.fixture
def port(folders: tuple[Path, Path]) -> Iterator[int]:
    site = Site(*(folder.resolve() for folder in folders))
    server = open_server(site, host="127.0.0.1", port=0)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def ask(
    port: int, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    sent = {"Host": f"localhost:{port}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    line.request(method, path, headers=sent)
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/?diag#work=a", "text/html; charset=utf-8"),
        ("/assets/index.js", "text/javascript; charset=utf-8"),
        ("/museum/museum.json", "application/json; charset=utf-8"),
        ("/museum/works/a%20b.webp", "image/webp"),
        ("/museum/works/body.glb", "model/gltf-binary"),
        ("/museum/film.mp4", "video/mp4"),
    ],
)
def test_what_belongs_to_the_site_is_served_as_what_it_is(port: int, path: str, kind: str) -> None:
    status, headers, body = ask(port, path)
    assert status == 200
    assert headers["content-type"] == kind
    assert headers["x-content-type-options"] == "nosniff"
    assert len(body) == int(headers["content-length"])


@pytest.mark.parametrize(
    "path",
    [
        "/museum/../outside.json",
        "/museum/%2e%2e/outside.json",
        "/museum/..%2foutside.json",
        "/museum/..%5coutside.json",
        "/museum/link.json",
        "/museum/.secret.json",
        "/museum/notes.py",
        "/museum/",
        "/museum",
        "/assets/",
        "//etc/passwd",
        "/museum/works",
        "/museum/missing.glb",
        "/museum/" + "a" * 5000 + ".glb",
        "/museum/a%00.glb",
    ],
)
def test_nothing_else_is_served(port: int, path: str) -> None:
    status, _, body = ask(port, path)
    assert status == 404
    assert body == b""


def test_no_address_of_any_spelling_leaves_the_folders(folders: tuple[Path, Path]) -> None:
    page, museum = (folder.resolve() for folder in folders)
    parts = ("..", "%2e%2e", ".", "", "museum", "outside.json", "%2f", "\\", "page", "~", "C:")
    for a in parts:
        for b in parts:
            for c in parts:
                file = file_of_address(f"/{a}/{b}/{c}/outside.json", page, museum)
                assert file is None or file.is_relative_to(page) or file.is_relative_to(museum)


def test_a_film_is_served_in_parts(port: int) -> None:
    for span, first, last in (("0-99", 0, 99), ("100-", 100, 10_239), ("-40", 10_200, 10_239)):
        status, headers, body = ask(port, "/museum/film.mp4", Range=f"bytes={span}")
        assert status == 206
        assert headers["content-range"] == f"bytes {first}-{last}/10240"
        assert body == FILM[first : last + 1]
    assert ask(port, "/museum/film.mp4", Range="bytes=99999-")[0] == 416
    assert ask(port, "/museum/film.mp4", Range="pages=1-2")[0] == 206
    assert ask(port, "/museum/film.mp4")[0] == 200


def test_what_has_not_changed_is_not_sent_again(port: int) -> None:
    _, headers, _ = ask(port, "/museum/film.mp4")
    status, _, body = ask(port, "/museum/film.mp4", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")


def test_head_sends_no_body_and_other_verbs_are_refused(port: int) -> None:
    status, headers, body = ask(port, "/museum/film.mp4", "HEAD")
    assert (status, headers["content-length"], body) == (200, "10240", b"")
    assert ask(port, "/", "POST")[0] == 501
    assert ask(port, "/museum/film.mp4", "DELETE")[0] == 501


def test_only_this_machine_by_name_is_answered(port: int) -> None:
    for host in ("localhost", f"localhost:{port}", "127.0.0.1", "[::1]:1"):
        assert ask(port, "/", Host=host)[0] == 200
    for host in ("evil.example", "localhost.evil.example", "", "a:b:c"):
        assert ask(port, "/", Host=host)[0] == 421


def test_the_policy_lets_nothing_but_the_origin_in(port: int) -> None:
    policy = ask(port, "/")[1]["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "script-src 'none'" in ask(port, "/museum/catalogue.html")[1]["content-security-policy"]


def test_a_taken_port_gives_way_to_the_next(folders: tuple[Path, Path], port: int) -> None:
    site = Site(*(folder.resolve() for folder in folders))
    other = open_server(site, host="127.0.0.1", port=port)
    assert other.server_address[1] > port
    other.server_close()
    with pytest.raises(NoServer, match="taken"):
        open_server(site, host="203.0.113.1", port=80)


def test_what_is_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no")
    with pytest.raises(BadRequest, match="no certificate"):
        certificate(tmp_path / "cert.pem", tmp_path / "cert.pem")
    with pytest.raises(BadRequest, match="no certificate"):
        certificate(tmp_path / "missing.pem", tmp_path / "missing.pem")
