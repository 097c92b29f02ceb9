"""A finished thing: meshes, materials, skeleton, clips and where it came from.

Everything here is in glTF's frame: metres, Y up, facing +Z, origin at the centre of the base.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Material:
    """Metallic-roughness material.

    Attributes:
        texture: (H, W, 3) or (H, W, 4) uint8 sRGB base colour, row 0 at the top (v = 0).
        pixelated: sample the texture with NEAREST (voxel palettes) instead of LINEAR.
        normal_texture: (H, W, 3) uint8 tangent-space normals, y up, for meshes with tangents.
        surface_texture: (H, W, 3) uint8: roughness in green, metallic in blue; the factors scale it.
        repeat: the textures are tiles that go on beyond (0, 1).
    """

    name: str
    texture: np.ndarray
    metallic: float = 0.0
    roughness: float = 1.0
    pixelated: bool = False
    normal_texture: np.ndarray | None = None
    surface_texture: np.ndarray | None = None
    repeat: bool = False


@dataclass(frozen=True)
class Mesh:
    """Triangles with one material.

    Attributes:
        positions: (N, 3) float32 metres. normals: (N, 3) float32 unit. uvs: (N, 2) float32.
        faces: (M, 3) uint32, counter-clockwise seen from outside.
        joints: (N, 4) uint8 indices into the skeleton. weights: (N, 4) float32, rows sum to 1.
        tangents: (N, 4) float32, unit, with the hand in w; for a material with a normal texture.
    """

    name: str
    positions: np.ndarray
    normals: np.ndarray
    uvs: np.ndarray
    faces: np.ndarray
    material: Material
    joints: np.ndarray | None = None
    weights: np.ndarray | None = None
    tangents: np.ndarray | None = None


@dataclass(frozen=True)
class Hull:
    """A convex collider: (N, 3) float32 positions in metres and (M, 3) uint32 faces. Never drawn."""

    name: str
    positions: np.ndarray
    faces: np.ndarray


@dataclass(frozen=True)
class Joint:
    """One bone; `head` is its (3,) rest position in metres in the asset's frame, unrotated."""

    name: str
    parent: int | None
    head: np.ndarray


@dataclass(frozen=True)
class Clip:
    """An animation: for each joint index, `rotations[joint]` is (T, 4) xyzw at `times` (T,) seconds.

    `translations[joint]` is (T, 3) metres added to the rest offset of that joint.
    """

    name: str
    times: np.ndarray
    rotations: dict[int, np.ndarray]
    translations: dict[int, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Asset:
    """What the engine hands over. `provenance` and `report` hold JSON values only.

    Attributes:
        meshes: what is drawn. lods: coarser stand-ins for the one mesh, finest first.
        hulls: what a physics engine takes instead of it.
    """

    name: str
    meshes: tuple[Mesh, ...]
    skeleton: tuple[Joint, ...] = ()
    clips: tuple[Clip, ...] = ()
    provenance: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    lods: tuple[Mesh, ...] = ()
    hulls: tuple[Hull, ...] = ()
