"""Figures of sets of pictures: likeness of pairs, and distances between two sets.

All are pure functions of arrays. Distances between sets mean little alone: `picture_report` puts the
same between real and other real pictures beside them.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate

NEIGHBOURS = 5
"""Neighbours that span a picture's surroundings, for precision and recall."""


def psnr(made: np.ndarray, real: np.ndarray, border: int = 0) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 pictures; `border` pixels are left out."""
    inner = slice(border, -border or None)
    gap = made[inner, inner].astype(np.float64) - real[inner, inner]
    error = float(np.square(gap).mean())
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))


def ssim(made: np.ndarray, real: np.ndarray) -> float:
    """Structural similarity of the luminance of two (H, W, 3) uint8 pictures (Wang et al. 2004)."""
    grey = [
        torch.from_numpy(p.astype(np.float64) @ [0.299, 0.587, 0.114])[None, None]
        for p in (made, real)
    ]
    offset = torch.arange(11, dtype=torch.float64) - 5
    line = torch.exp(-offset.square() / (2 * 1.5**2))
    window = (line[:, None] * line / line.sum() ** 2)[None, None]
    a, b = (conv2d(g, window) for g in grey)
    aa, bb, ab = (
        conv2d(x, window) - m
        for x, m in (
            (grey[0].square(), a.square()),
            (grey[1].square(), b.square()),
            (grey[0] * grey[1], a * b),
        )
    )
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    score = (2 * a * b + c1) * (2 * ab + c2) / ((a.square() + b.square() + c1) * (aa + bb + c2))
    return float(score.mean())


def light_correlation(before: Tensor, after: Tensor) -> Tensor:
    """(N,) correlation of the luminance of pictures (N, 3, H, W) over their pixels: -1 for a negative."""
    luma = torch.tensor([0.299, 0.587, 0.114])
    a, b = (torch.einsum("nchw,c->nhw", x.float(), luma).flatten(1) for x in (before, after))
    a, b = (x - x.mean(1, keepdim=True) for x in (a, b))
    together = (a * b).sum(1) / (a.square().sum(1) * b.square().sum(1)).sqrt().clamp(min=1e-9)
    return together.clamp(-1, 1)


def frechet(a: Tensor, b: Tensor) -> float:
    """Fréchet distance of two sets of features (N, F) taken as Gaussians (Heusel et al. 2017)."""
    means, spreads = zip(*((x.double().mean(0), x.double().T.cov()) for x in (a, b)), strict=True)
    # The trace of the root of a product is that of a symmetric one, whose roots are exact.
    values, vectors = torch.linalg.eigh(spreads[0])
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    trace = float(torch.linalg.eigvalsh(root @ spreads[1] @ root).clamp(min=0).sqrt().sum())
    gap = float((means[0] - means[1]).square().sum())
    return max(0.0, gap + float(spreads[0].trace() + spreads[1].trace()) - 2 * trace)


def kid(a: Tensor, b: Tensor) -> float:
    """Kernel distance: unbiased squared MMD with a cubic kernel (Bińkowski et al. 2018)."""
    x, y = a.double(), b.double()

    def kernel(p: Tensor, q: Tensor) -> Tensor:
        return (p @ q.T / p.shape[1] + 1) ** 3

    xx, yy, xy = kernel(x, x), kernel(y, y), kernel(x, y)
    n, m = len(x), len(y)
    same = (xx.sum() - xx.trace()) / (n * (n - 1)) + (yy.sum() - yy.trace()) / (m * (m - 1))
    return float(same - 2 * xy.mean())


def precision_recall(made: Tensor, real: Tensor, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Share of made pictures within the real ones' surroundings, and the reverse (Kynkäänniemi 2019)."""

    def within(points: Tensor, others: Tensor) -> float:
        radius = torch.cdist(others, others).kthvalue(min(k + 1, len(others)), 1).values
        return float((torch.cdist(points, others) <= radius).any(1).float().mean())

    return within(made, real), within(real, made)


def sliced_wasserstein(
    a: Tensor,
    b: Tensor,
    *,
    levels: int = 3,
    patches: int = 64,
    directions: int = 256,
    seed: int = 0,
) -> float:
    """Mean over the levels of a Laplacian pyramid of the sliced Wasserstein distance, times 1000.

    After Karras et al. 2018: patches of 7x7 pixels, normalised by channel, compared along random
    directions.

    Args:
        a, b: (N, 3, S, S) in [-1, 1]; as many of both count.
    """
    count = min(len(a), len(b))
    rng = torch.Generator().manual_seed(seed)
    distances = []
    x, y = a[:count].float(), b[:count].float()
    for level in range(levels):
        last = level == levels - 1
        bands = []
        for z in (x, y):
            smooth = interpolate(avg_pool2d(z, 2), scale_factor=2, mode="bilinear")
            bands.append(_patches(z if last else z - smooth, patches, rng))
        sight = torch.randn(bands[0].shape[1], directions, generator=rng)
        sight = sight / sight.norm(dim=0)
        left, right = ((band @ sight).sort(0).values for band in bands)
        distances.append((left - right).abs().mean())
        x, y = avg_pool2d(x, 2), avg_pool2d(y, 2)
    return float(torch.stack(distances).mean() * 1000)


def _patches(x: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """(N * count, 147): patches of 7x7 of a band, each channel of unit spread over all of them."""
    edge = x.shape[-1] - 6
    top, left = (torch.randint(edge, (len(x), count), generator=rng) for _ in range(2))
    rows = top[..., None, None] + torch.arange(7)[:, None]
    columns = left[..., None, None] + torch.arange(7)
    index = torch.arange(len(x))[:, None, None, None]
    cut = x.permute(0, 2, 3, 1)[index, rows, columns].flatten(0, 1)
    cut = cut - cut.mean((0, 1, 2))
    return (cut / cut.std((0, 1, 2)).clamp(min=1e-6)).flatten(1)
