"""The playground: the game is the engine's own, the page asks for nothing, the pictures move."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.errors import BadRequest
from engine.models.plane import SPREAD, centres, modes_hit
from engine.playground import GAMES, POINTS, _config, play, record


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("playground")
    play(["rpgan", "d2gan"], seconds=0.6, out=out)
    return out


def test_a1_modes_are_hit_where_points_are_and_not_by_strays() -> None:
    middles = centres("grid")
    rng = torch.Generator().manual_seed(0)
    perfect = middles.repeat(40, 1) + SPREAD * torch.randn(1000, 2, generator=rng)
    hit, share = modes_hit(perfect, middles)
    assert hit.all()
    assert share > 0.99
    one = middles[7].expand(1000, 2).clone()
    one[:5] = middles[3]
    hit, _ = modes_hit(one, middles)
    assert hit.nonzero().flatten().tolist() == [7]


def test_b23_a_loss_is_seen_to_learn() -> None:
    game = record("rpgan", seconds=5.0)
    first, last = game.frames[0], game.frames[-1]
    assert first.points.std() < 0.3  # one heap in the middle
    assert 1.0 < last.points.std() < 2.0  # the grid's own is 1.41
    assert not np.allclose(first.points, last.points)
    assert not np.allclose(first.field, last.field)


def test_b23_rates_fall_to_a_twentieth_over_a_game() -> None:
    for name, (_, phase, _) in GAMES.items():
        (played,) = _config(name, phase, 0, 1.0).phases
        for rate in (played.lr_g, played.lr_d):
            assert rate.at(1.0) == pytest.approx(rate.at(0.0) / 20)


@pytest.mark.parametrize("name", sorted(GAMES))
def test_b23_every_loss_plays(name: str) -> None:
    frames = record(name, seconds=0.15).frames
    assert frames[-1].step > 0
    assert np.isfinite(frames[-1].points).all()


def test_b23_the_page_makes_no_request_and_runs_its_own_script_alone(folder: Path) -> None:
    text = (folder / "playground.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|\bsrc=|\bhref=|@import|url\(|fetch\(|XMLHttp|\{\{", text)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]  # type: ignore[index]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        body = text.split(f"<{tag}>")[1].split(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_b23_the_page_holds_every_frame(folder: Path) -> None:
    text = (folder / "playground.html").read_text(encoding="utf-8")
    block = text.split('id="data">')[1].split("</script>")[0]
    games = json.loads(block)["games"]
    assert [game["name"] for game in games] == ["rpgan", "d2gan"]
    for game in games:
        points = np.frombuffer(base64.b64decode(game["points"]), "<u2")
        assert len(points) == len(game["frames"]) * POINTS * 2
        steps = [frame["step"] for frame in game["frames"]]
        assert steps == sorted(steps)


def test_b23_the_animation_moves_and_the_sheet_has_a_row_for_each_loss(folder: Path) -> None:
    with Image.open(folder / "playground.webp") as film:
        assert film.n_frames > 3
        first = np.asarray(film.convert("RGB"), int)
        film.seek(film.n_frames - 1)
        assert abs(np.asarray(film.convert("RGB"), int) - first).max() > 60
    with Image.open(folder / "playground.png") as sheet:
        assert sheet.height > 600


def test_an_unknown_loss_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="rpgan"):
        play(["magic"], out=tmp_path)
    assert not list(tmp_path.iterdir())
