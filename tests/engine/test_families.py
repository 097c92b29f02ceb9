"""Families side by side and a critic's word about a file: small runs, end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.bench_families import FLOOR, MARGIN, TILE, run, sharpness
from engine.errors import BadRequest
from engine.judge import judge
from engine.metrics.random_features import random_features
from engine.train import train
from tests.engine.models.pictures import draw

MINE = """
extends = "{base}"
title = "Mine"
[net]
size = 16
widths = [12, 8]
z_dim = 8
validation = 0.25
[train]
batch = 16
precision = "f32"
[phase]
kimg = {kimg}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("pictures"))


def test_b22_families_are_scored_on_the_same_pictures_beside_a_floor(
    folder: Path, tmp_path: Path
) -> None:
    report = run(0.01, data=folder, size=16, names=["lsgan", "mlp_gan"], out=tmp_path)
    assert set(report["rows"]) == {"lsgan", "mlp_gan", FLOOR}
    for name in ("lsgan", "mlp_gan"):
        assert report["rows"][name]["frechet"] > report["rows"][FLOOR]["frechet"]
        assert report["rows"][name]["ms"] > 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (MARGIN + 12 * TILE, 3 * TILE)  # real ones, too
    with pytest.raises(BadRequest, match="stylegan"):
        run(1, data=folder, names=["magic"], out=tmp_path)


def test_b22_random_features_are_the_same_for_every_batch_and_tell_noise_from_pictures() -> None:
    torch.manual_seed(0)
    pictures = torch.randn(200, 3, 16, 16).clamp(-1, 1)
    features = random_features(pictures)
    torch.testing.assert_close(features[130:131], random_features(pictures[130:131]))
    smooth = torch.nn.functional.avg_pool2d(pictures, 3, 1, 1)
    assert (random_features(smooth).mean(0) - features.mean(0)).abs().max() > 0.1


def test_a10_a_blurred_picture_is_less_sharp() -> None:
    pictures = torch.randn(4, 3, 32, 32)
    assert sharpness(torch.nn.functional.avg_pool2d(pictures, 3, 1, 1)) < 0.5 * sharpness(pictures)


def test_a11_a_critic_judges_files_and_prefers_its_data_to_noise(
    folder: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text(MINE.format(base="stylegan", kimg=1.6).replace("z_dim", "patches = 0\nz_dim"))
    made = train(recipe, data=folder, out=tmp_path / "run")
    noise = tmp_path / "noise.png"
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(noise)
    files = [*sorted((folder / "disc").iterdir())[:4], noise]
    verdicts = judge(made, files)
    assert all(0 <= v.probability <= 1 for v in verdicts)
    assert min(v.probability for v in verdicts[:4]) > verdicts[4].probability
    with pytest.raises(BadRequest, match="no picture"):
        judge(made, [recipe])
