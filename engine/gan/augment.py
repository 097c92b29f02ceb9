"""DiffAugment in n dimensions (Zhao et al. 2020): the same kinds of change on real and fake.

Every transform is differentiable in its input, draws one set of parameters a sample, and is
applied to a sample with probability `p`. Tensors are (B, C, *space) with any number of spatial
axes; the named channels of `AugmentConfig.color` are colours in [-1, 1].
"""

from __future__ import annotations

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor


class AugmentConfig(BaseModel):
    """Which changes the critic has to look through."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mirror: bool = Field(False, description="Flip the last axis (left-right).")
    shift: int = Field(0, ge=0, description="Largest shift along each axis, in cells.")
    cutout: float = Field(0.0, ge=0, le=0.9, description="Edge of the erased box, as a share.")
    color: tuple[int, int] | None = Field(
        None, description="First and last-plus-one channel that hold colour."
    )
    brightness: float = Field(0.0, ge=0, description="Largest shift of all colour channels.")
    contrast: float = Field(0.0, ge=0, lt=1, description="Largest relative change of contrast.")
    noise: float = Field(0.0, ge=0, description="Standard deviation of instance noise.")


def augment(
    x: Tensor,
    config: AugmentConfig,
    p: float,
    generator: torch.Generator,
    rows: tuple[int, int] | None = None,
) -> Tensor:
    """Apply the configured changes to (B, C, *space), each with probability `p` a sample.

    Args:
        rows: where `x` is only a part of a batch: the index of its first sample, and the whole
            batch's size. Changes are drawn for the whole, so that parts look as they would in it.
    """
    first, batch = rows or (0, x.shape[0])
    part = slice(first, first + x.shape[0])

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)[part].to(x.device)

    def chosen(probability: float) -> Tensor:
        return uniform(batch) < probability

    if config.mirror:
        # Always one half: a mirrored person is as good a person, whatever p says.
        x = torch.where(_column(chosen(0.5), x), x.flip(-1), x)
    if config.color is not None and (config.brightness or config.contrast):
        x = _recolor(x, config, chosen(p), uniform(batch), uniform(batch))
    if config.shift:
        offsets = torch.randint(
            -config.shift, config.shift + 1, (batch, x.ndim - 2), generator=generator
        )[part]
        x = shift(x, offsets * chosen(p).cpu().long()[:, None])
    if config.cutout:
        corner = uniform(batch, x.ndim - 2)
        x = x * _box_mask(x, config.cutout, corner, chosen(p))
    if config.noise:
        x = x + config.noise * noise_like(x, generator, rows)
    return x


def adapted(p: float, sign: float, target: float, push: float) -> float:
    """ADA's next chance of augmentation, in [0, 1] (Karras et al. 2020).

    Args:
        sign: E sign(D(real)) on training samples; 1 for a critic that knows them by heart.
        target: where it should stay. push: largest change in a step.
    """
    return min(max(p + (push if sign > target else -push), 0.0), 1.0)


def noise_like(x: Tensor, generator: torch.Generator, rows: tuple[int, int] | None) -> Tensor:
    """N(0, 1) of the shape of `x`, drawn for the whole batch; see `augment`."""
    first, batch = rows or (0, x.shape[0])
    drawn = torch.randn((batch, *x.shape[1:]), generator=generator)
    return drawn[first : first + x.shape[0]].to(x)


def shift(x: Tensor, offsets: Tensor) -> Tensor:
    """Move each sample of (B, C, *space) by whole cells; what leaves is lost, the edge repeats.

    Args:
        offsets: (B, ndim - 2) integers, positive towards higher indices.
    """
    for axis in range(offsets.shape[1]):
        size = x.shape[axis + 2]
        source = (torch.arange(size)[None] - offsets[:, axis, None]).clamp(0, size - 1).to(x.device)
        shape = [x.shape[0], 1, *(1,) * (x.ndim - 2)]
        shape[axis + 2] = size
        x = x.gather(axis + 2, source.view(shape).expand_as(x))
    return x


def _column(flags: Tensor, x: Tensor) -> Tensor:
    return flags.view(-1, *(1,) * (x.ndim - 1))


def _recolor(x: Tensor, config: AugmentConfig, on: Tensor, light: Tensor, spread: Tensor) -> Tensor:
    assert config.color is not None
    first, last = config.color
    color = x[:, first:last]
    lift = _column((light * 2 - 1) * config.brightness * on, x)
    scale = _column(1 + (spread * 2 - 1) * config.contrast * on, x)
    return torch.cat([x[:, :first], color * scale + lift, x[:, last:]], 1)


def _box_mask(x: Tensor, share: float, corner: Tensor, on: Tensor) -> Tensor:
    """(B, 1, *space) of ones with a box of zeros; the box may stick out at the edges."""
    inside: Tensor | None = None
    for axis in range(x.ndim - 2):
        size = x.shape[axis + 2]
        edge = round(share * size)
        start = (corner[:, axis] * (size + edge) - edge).floor()
        cell = torch.arange(size, device=x.device)[None]
        hit = (cell >= start[:, None]) & (cell < start[:, None] + edge)
        shape = [x.shape[0], 1, *(1,) * (x.ndim - 2)]
        shape[axis + 2] = size
        hit = hit.view(shape)
        inside = hit if inside is None else inside & hit
    assert inside is not None
    return 1 - (inside & _column(on, x)).to(x.dtype)
