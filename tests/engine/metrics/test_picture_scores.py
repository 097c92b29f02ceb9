"""Figures of pictures against closed forms (§3.1)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.metrics.percept import Percept, agreement, ambiguity
from engine.metrics.picture_report import FLOOR, PictureSet, picture_report
from engine.metrics.picture_scores import (
    frechet,
    kid,
    precision_recall,
    psnr,
    sliced_wasserstein,
    ssim,
)
from engine.nets.picture_coder import PictureCoder

RNG = torch.Generator().manual_seed(0)


def test_psnr_of_a_constant_error_is_closed_form() -> None:
    real = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(real + 10, real) == pytest.approx(20 * np.log10(25.5))
    assert psnr(real, real) == float("inf")


def test_ssim_is_one_for_equals_and_less_for_noise() -> None:
    real = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    assert ssim(real, real) == pytest.approx(1)
    assert ssim(real[::-1], real) < 0.3


def test_the_frechet_distance_of_shifted_gaussians_is_the_square_of_the_shift() -> None:
    a = torch.randn(4000, 4, generator=RNG)
    assert frechet(a, a + 2) == pytest.approx(16, rel=1e-3)
    assert frechet(a, a) == pytest.approx(0, abs=1e-5)


def test_the_kernel_distance_of_one_distribution_is_about_zero() -> None:
    a, b = (torch.randn(600, 6, generator=RNG) for _ in range(2))
    assert abs(kid(a, b)) < 0.1
    assert kid(a, b + 1) > 1


def test_recall_falls_when_half_of_the_modes_are_missing() -> None:
    near, far = (torch.randn(200, 3, generator=RNG) + shift for shift in (0, 40))
    real = torch.cat([near, far])
    precision, recall = precision_recall(torch.randn(400, 3, generator=RNG), real)
    assert precision > 0.8
    assert 0.3 < recall < 0.6


def test_swd_tells_fine_noise_from_smooth_pictures() -> None:
    smooth = torch.nn.functional.interpolate(
        torch.rand(24, 3, 8, 8, generator=RNG), 64, mode="bilinear"
    )
    other = torch.nn.functional.interpolate(
        torch.rand(24, 3, 8, 8, generator=RNG), 64, mode="bilinear"
    )
    options = {"patches": 16, "directions": 64, "levels": 1}
    floor = sliced_wasserstein(smooth, other, **options)
    noisy = sliced_wasserstein(smooth, torch.rand(24, 3, 64, 64, generator=RNG), **options)
    assert noisy > 1.5 * floor, (noisy, floor)


def test_classes_that_can_be_told_apart_agree() -> None:
    label = torch.arange(90) % 3
    known = torch.nn.functional.one_hot(label, 3) + 0.1 * torch.randn(90, 3, generator=RNG)
    assert agreement(known, label, known, label) == 1
    assert agreement(known, (label + 1) % 3, known, label) == 0


def test_e3_style_is_ambiguous_between_two_classes_and_plain_within_one() -> None:
    label = torch.arange(90) % 3
    known = torch.nn.functional.one_hot(label, 3) + 0.02 * torch.randn(90, 3, generator=RNG)
    between = (known[label == 0] + known[label == 1]) / 2
    assert ambiguity(known, known, label) < 0.1
    # Two of three classes alike: log 2 of log 3.
    assert ambiguity(between, known, label) == pytest.approx(np.log(2) / np.log(3), abs=0.05)


def test_a_report_has_the_floor_beside_each_model() -> None:
    torch.manual_seed(0)
    percept = Percept(PictureCoder(channels=2, widths=(4, 4, 6)))
    real = PictureSet(torch.rand(80, 3, 64, 64, generator=RNG) - 0.5, torch.arange(80) % 2)
    grey = PictureSet(torch.zeros(40, 3, 64, 64), torch.arange(40) % 2, torch.ones(40))
    report = picture_report({"grey": grey}, real=real, percept=percept)
    assert report["pictures"]["grey"]["frechet"] > report["pictures"][FLOOR]["frechet"]
    assert report["pictures"]["grey"]["novelty"] == 1
