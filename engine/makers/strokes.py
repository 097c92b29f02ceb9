"""Brush strokes: a Kuwahara filter that follows the forms of a picture.

After Kyprianidis et al. 2009: around each pixel lie eight sectors of an ellipse that is turned along
the form; the calmest sector paints it. Flat areas become daubs, edges stay. No learning is in it.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

SECTORS = 8
_RINGS = 3


def paint(pixels: np.ndarray, radius: float = 5.0, longer: float = 1.0) -> np.ndarray:
    """(H, W, 3) uint8 → the same size, laid down in strokes about two `radius` pixels wide.

    Args:
        longer: how much longer than wide a stroke becomes along a clear form; 0: round daubs.
    """
    image = pixels.astype(np.float32) / 255
    along, clear = _flow(image, radius)
    stretch = 1 + longer * clear
    ways = np.stack([np.cos(along), np.sin(along)])
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    flat = np.ascontiguousarray(image.reshape(-1, 3))
    total, weights = np.zeros_like(image), np.zeros((height, width, 1), np.float32)
    for sector in range(SECTORS):
        mean, square, count = np.zeros_like(image), np.zeros_like(image), 0.0
        for ring in range(1, _RINGS + 1):
            for turn in (-0.3, 0.0, 0.3):
                angle = (sector + turn) * 2 * np.pi / SECTORS
                reach = radius * ring / _RINGS
                u, v = reach * np.cos(angle) * stretch, reach * np.sin(angle) / stretch
                row = np.rint(rows + u * ways[1] + v * ways[0]).astype(np.int32)
                column = np.rint(columns + u * ways[0] - v * ways[1]).astype(np.int32)
                seen = flat[_mirrored(row, height) * width + _mirrored(column, width)]
                mean += seen
                square += seen * seen
                count += 1
        mean /= count
        spread = np.clip(square / count - mean * mean, 0, None).sum(-1, keepdims=True)
        weight = 1 / (1 + (255 * 0.5 * spread**0.5) ** 8 / 50)
        weight = weight.astype(np.float32) + 1e-9
        total += mean * weight
        weights += weight
    return (total / weights * 255).round().clip(0, 255).astype(np.uint8)


def relief(pixels: np.ndarray, weave: float = 0.12) -> np.ndarray:
    """(H, W, 3) uint8 tangent-space normals, y up: paint that stands up from a woven canvas."""
    light = pixels.astype(np.float32).mean(-1) / 255
    thick = gaussian_filter(light, 1) - gaussian_filter(light, 6)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    threads = np.where(
        (rows // 4 + columns // 4) % 2, np.sin(rows * np.pi / 4), np.sin(columns * np.pi / 4)
    )
    height = 9 * thick + weave * np.abs(threads) * (1 - np.clip(np.abs(thick) * 12, 0, 0.8))
    down, right = np.gradient(height)
    normal = np.stack([-right, down, np.ones_like(light)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return ((normal + 1) * 127.5).round().astype(np.uint8)


def _mirrored(index: np.ndarray, size: int) -> np.ndarray:
    """Indices beyond a side come back from it."""
    index = np.abs(index)
    return np.minimum(np.where(index >= size, 2 * size - 2 - index, index), size - 1).clip(0)


def _flow(image: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Angle along the form at each pixel, and how clear the form is, 0 to 1 (structure tensor)."""
    grey = image.mean(-1)
    down, right = np.gradient(gaussian_filter(grey, 1))
    xx, yy, xy = (
        gaussian_filter(p, radius / 2) for p in (right * right, down * down, right * down)
    )
    gap = np.sqrt((xx - yy) ** 2 + 4 * xy * xy)
    across = 0.5 * np.arctan2(2 * xy, xx - yy)
    clear = gap / (xx + yy + 1e-4)
    return across + np.pi / 2, clear.astype(np.float32)
