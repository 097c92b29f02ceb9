"""From the colours of a seamless tile to its height, normals and roughness: by rule, and seamless.

No data set of the engine has measured heights. What is told from colour is what shading tells: dark
is deep where joints, gaps and grain are dark, and how deep is known by the kind of material.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter


@dataclass(frozen=True)
class Kind:
    """What is known of a material of some kind.

    Attributes:
        edge: metres along a side of a tile. relief: metres from its deepest to its highest point.
        coarse: share of broad forms in the relief, the rest is grain. roughness: its mean.
        metallic: 0 or near 1. gloss: how much smoother what is bright is.
    """

    edge: float
    relief: float
    coarse: float
    roughness: float
    metallic: float = 0.0
    gloss: float = 0.1


KINDS: dict[str, Kind] = {
    "brick": Kind(1.0, 0.012, 0.75, 0.85),
    "concrete": Kind(1.5, 0.004, 0.4, 0.85, gloss=0.05),
    "fabric": Kind(0.4, 0.002, 0.3, 0.92, gloss=0.02),
    "ground": Kind(1.5, 0.03, 0.6, 0.95, gloss=0.02),
    "metal": Kind(1.0, 0.002, 0.4, 0.4, 0.9, gloss=0.2),
    "misc": Kind(0.5, 0.001, 0.4, 0.5),
    "paving": Kind(1.5, 0.018, 0.7, 0.85),
    "roof": Kind(1.5, 0.03, 0.75, 0.8),
    "stone": Kind(1.2, 0.012, 0.6, 0.55, gloss=0.15),
    "tile": Kind(1.0, 0.004, 0.75, 0.35, gloss=0.1),
    "wood": Kind(1.0, 0.004, 0.35, 0.6, gloss=0.1),
}
"""By the category of a material."""


@dataclass(frozen=True)
class Maps:
    """A tile: (H, W, 3) uint8 sRGB albedo, (H, W, 3) uint8 normals with y up, (H, W) roughness and
    height in [0, 1] float32; `kind` says how large and how deep it is."""

    albedo: np.ndarray
    normal: np.ndarray
    roughness: np.ndarray
    height: np.ndarray
    kind: Kind

    def metallic_roughness(self) -> np.ndarray:
        """(H, W, 3) uint8 as glTF packs them: roughness in green, metallic in blue."""
        packed = np.zeros((*self.roughness.shape, 3), np.uint8)
        packed[..., 0] = 255
        packed[..., 1] = np.rint(self.roughness * 255)
        packed[..., 2] = round(self.kind.metallic * 255)
        return packed


def material_maps(albedo: np.ndarray, category: str, rise: np.ndarray | None = None) -> Maps:
    """All maps of a tile (H, W, 3) uint8 that repeats; of a category that is not known, as stone.

    Args:
        rise: (H, W) in [0, 1], a form that is known: colour then tells the grain on it alone.
    """
    kind = KINDS.get(category, KINDS["stone"])
    light = _luminance(albedo)
    size = light.shape[0]

    def smooth(x: np.ndarray, share: float) -> np.ndarray:
        return gaussian_filter(x, share * size, mode="wrap")

    broad = smooth(light, 0.008) - smooth(light, 0.12)
    grain = light - smooth(light, 0.012)
    height = kind.coarse * _scaled(broad) + (1 - kind.coarse) * _scaled(grain)
    low, high = np.percentile(height, (0.5, 99.5))
    height = ((height - low) / max(high - low, 1e-6)).clip(0, 1).astype(np.float32)
    # A tile without contrast is flat: no noise is blown up to a landscape.
    depth = kind.relief * min(1.0, float(light.std()) / 0.06)
    if rise is not None:
        fine = grain / max(float(np.abs(grain).max()), 0.1)
        height = (0.9 * rise + 0.1 * (0.5 + fine / 2)).clip(0, 1).astype(np.float32)
        depth = kind.relief
    roughness = kind.roughness - kind.gloss * _scaled(light - smooth(light, 0.1)).clip(-1.5, 1.5)
    roughness += 0.08 * (0.5 - height)
    return Maps(
        albedo,
        normals(height, depth * size / kind.edge),
        roughness.clip(0.05, 1).astype(np.float32),
        height,
        kind,
    )


def normals(height: np.ndarray, depth: float) -> np.ndarray:
    """(H, W, 3) uint8 tangent-space normals, y up, of a height in [0, 1] that is `depth` pixels deep."""
    right = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * depth / 2
    down = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * depth / 2
    normal = np.stack([-right, down, np.ones_like(height)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return np.rint((normal + 1) * 127.5).astype(np.uint8)


def _luminance(albedo: np.ndarray) -> np.ndarray:
    return (albedo.astype(np.float32) / 255) @ np.array([0.299, 0.587, 0.114], np.float32)


def _scaled(x: np.ndarray) -> np.ndarray:
    return x / max(float(x.std()), 1e-3) / 2
