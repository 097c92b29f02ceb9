"""`vernissage view`: what it says, what it refuses, and that Ctrl-C ends it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli import app
from engine.viewer import page as pages
from engine.viewer.server import openssl_recipe

RUN = CliRunner()
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the built page."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("page")
    monkeypatch.setattr(pages, "built_page", lambda *_, **__: folder)
    return folder


def view(*arguments: str) -> tuple[int, str]:
    done = RUN.invoke(app, ["view", *arguments])
    return done.exit_code, done.output


def test_an_export_counts_its_files(bundle: Path, ready: Path, tmp_path: Path) -> None:
    code, said = view(str(bundle), "--export", str(tmp_path / "site"), "--json")
    assert code == 0
    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    assert json.loads(said)["files"] == len(files)
    assert json.loads(said)["bytes"] == sum(path.stat().st_size for path in files)


def test_what_cannot_be_shown_is_refused_with_a_fix(
    bundle: Path, ready: Path, tmp_path: Path
) -> None:
    code, said = view(str(tmp_path / "nowhere"))
    assert code == 2
    assert "could not be read" in said
    plan = tmp_path / "plan"
    plan.mkdir()
    shutil.copy(bundle / "museum.json", plan)
    code, said = view(str(plan))
    assert code == 2
    assert "is planned but not built" in said
    assert "vernissage museum build" in said
    code, said = view(str(bundle), "--cert", "cert.pem")
    assert code == 2
    assert "--lan" in said
    code, said = view(str(bundle), "--lan")
    assert code == 2
    assert "openssl req -x509" in said


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT there")
def test_it_serves_until_ctrl_c_over_tls_too(bundle: Path, page: Path, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl on this machine")
    recipe = openssl_recipe("127.0.0.1").replace('"', "").split()
    subprocess.run(recipe, cwd=tmp_path, check=True, capture_output=True)
    trusting = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    lan = ["--lan", "--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem")]
    for options, host in (([], "localhost"), (lan, "127.0.0.1")):
        command = [sys.executable, "-m", "engine.cli", "view", str(bundle), "--port", "0", *options]
        with subprocess.Popen(
            [*command, "--json"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A suite in the background of a shell is deaf to Ctrl-C, and so would its children be.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as process:
            assert process.stdout is not None
            address = json.loads(process.stdout.readline())["address"].replace("localhost", host)
            secure = trusting if options else None
            with urllib.request.urlopen(address, context=secure, timeout=20) as answer:
                assert b"<canvas" in answer.read()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0
            assert process.stderr is not None
            assert process.stderr.read() == ""
