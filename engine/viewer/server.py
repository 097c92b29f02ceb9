"""Serving a museum to a browser: on this machine alone, or to headsets with a certificate."""

from __future__ import annotations

import ipaddress
import re
import shutil
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import BadRequest, VernissageError
from engine.viewer.files import file_of_address, media_type

PORT = 8137
_TRIES = 20
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self' blob: data:; font-src 'self'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# The catalogue carries its own few lines of style and needs no script.
CATALOGUE_POLICY = POLICY.replace("script-src 'self'", "script-src 'none'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)


class NoServer(VernissageError):
    """The museum cannot be served: the port is taken, or the certificate does not serve."""

    code = "E_SERVE"
    fix = "{remedy}"


@dataclass(frozen=True)
class Site:
    """What is served: two folders, absolute and resolved, and the names that may ask for them.

    Attributes:
        names: hosts that requests may name; None answers all. A page of another origin that
            resolves to this machine (DNS rebinding) thus reads nothing.
    """

    page: Path
    museum: Path
    names: frozenset[str] | None = frozenset({"localhost", "127.0.0.1", "::1"})


class Server(ThreadingHTTPServer):
    """One thread a request; ends at once, without waiting for browsers that keep a line open."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        self.site = site
        super().__init__(address, Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers that go away in the middle of a film are no news."""


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD of files, with ranges; everything else is refused."""

    protocol_version = "HTTP/1.1"
    server_version = "vernissage"
    sys_version = ""
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: a museum is hundreds of requests."""

    def _answer(self, *, body: bool) -> None:
        site = self.server.site
        if not self._may_ask(site):
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        file = file_of_address(self.path, site.page, site.museum)
        if file is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        try:
            self._send(file, body=body)
        except (BrokenPipeError, ConnectionError, TimeoutError, ssl.SSLError):
            self.close_connection = True
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND)

    def _may_ask(self, site: Site) -> bool:
        if site.names is None:
            return True
        with suppress(ValueError):
            return urlsplit(f"//{self.headers.get('Host', '')}").hostname in site.names
        return False

    def _send(self, file: Path, *, body: bool) -> None:
        with file.open("rb") as stream:
            state = file.stat()
            size, mark = state.st_size, f'"{state.st_mtime_ns:x}-{state.st_size:x}"'
            if self.headers.get("If-None-Match") == mark:
                self._head(HTTPStatus.NOT_MODIFIED, {"ETag": mark})
                return
            span = self._span(size)
            if span is None:
                self._head(
                    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                    {"Content-Range": f"bytes */{size}", "Content-Length": "0"},
                )
                return
            first, last = span
            part = first > 0 or last < size - 1 or "Range" in self.headers
            headers = {
                "Content-Type": media_type(file),
                "Content-Length": str(last - first + 1),
                "Accept-Ranges": "bytes",
                "ETag": mark,
                "Last-Modified": formatdate(state.st_mtime, usegmt=True),
            }
            if part and size:
                headers["Content-Range"] = f"bytes {first}-{last}/{size}"
            self._head(
                HTTPStatus.PARTIAL_CONTENT if part and size else HTTPStatus.OK, headers, file
            )
            if not body:
                return
            stream.seek(first)
            left = last - first + 1
            while left > 0 and (chunk := stream.read(min(left, 1 << 18))):
                self.wfile.write(chunk)
                left -= len(chunk)

    def _span(self, size: int) -> tuple[int, int] | None:
        """First and last byte that are wanted; the whole where the range is of no known form."""
        found = _RANGE.match(self.headers.get("Range", ""))
        if not found or found.groups() == ("", "") or not size:
            return 0, size - 1
        start, end = found.groups()
        if not start:
            return max(0, size - int(end)), size - 1
        first, last = int(start), min(int(end or size - 1), size - 1)
        return (first, last) if first <= last else None

    def _refuse(self, status: HTTPStatus) -> None:
        self._head(status, {"Content-Length": "0"})

    def _head(self, status: HTTPStatus, headers: dict[str, str], file: Path | None = None) -> None:
        self.send_response(status)
        page = file is not None and file.is_relative_to(self.server.site.page)
        plain = file is not None and file.suffix == ".html" and not page
        fixed = {
            "Content-Security-Policy": CATALOGUE_POLICY if plain else POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "xr-spatial-tracking=(self), camera=(), microphone=(), geolocation=()",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-cache",
        }
        for name, value in {**fixed, **headers}.items():
            self.send_header(name, value)
        self.end_headers()


def open_server(
    site: Site, *, host: str, port: int, secure: ssl.SSLContext | None = None
) -> Server:
    """A server that listens, on the wanted port or the next free one.

    Raises:
        NoServer: none of the ports is free.
    """
    for number in (0,) if port == 0 else range(port, min(port + _TRIES, 65_536)):
        try:
            server = Server((host, number), site)
        except OSError:
            continue
        if secure:
            server.socket = secure.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        return server
    raise NoServer(f"Port {port} and those after it are taken", remedy="Name another with --port.")


def certificate(cert: Path, key: Path) -> ssl.SSLContext:
    """What a server needs to speak TLS.

    Raises:
        BadRequest: a file is missing, or the two do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None) or error.strerror or str(error)
        raise BadRequest(f"{cert} and {key} are no certificate and its key: {reason}") from error
    return context


def lan_address() -> str:
    """This machine's address in the local network; no packet is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # an address of documentation, never reached
        address = str(probe.getsockname()[0])
        if not ipaddress.ip_address(address).is_unspecified:
            return address
    return socket.gethostname()


def openssl_recipe(address: str) -> str:
    """The command that makes a certificate for a headset in the local network."""
    tool = "openssl" if shutil.which("openssl") else "openssl (to be installed)"
    return (
        f"{tool} req -x509 -newkey rsa:2048 -nodes -days 30 -keyout key.pem -out cert.pem "
        f'-subj "/CN={address}" -addext "subjectAltName=IP:{address}"'
    )
