"""What the painter of views is shown: triangles with a skin, from the shell and from GLB files."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from engine.errors import BadAsset
from engine.gallery.gltf import Surface
from engine.gallery.materials import Painted, to_linear
from engine.gallery.solid import local_matrix, split_glb

_CODES = to_linear(np.arange(256) / 255).astype(np.float32)
_KINDS = {5120: "i1", 5121: "u1", 5122: "i2", 5123: "u2", 5125: "u4", 5126: "f4"}
_WIDTH = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


@dataclass(frozen=True)
class Skin:
    """A surface's look.

    Attributes:
        mips: (H, W, 3) linear colours, each half the one before. shine: the same, of light given.
        gloss: 0..1, how much it mirrors at a grazing angle. wrap: repeat along u and v, or not.
        normal: (H, W, 3) unit vectors, or None.
    """

    mips: tuple[np.ndarray, ...]
    shine: np.ndarray | None = None
    normal: np.ndarray | None = None
    gloss: float = 0.0
    metallic: float = 0.0
    wrap: bool = True


@dataclass(frozen=True)
class Body:
    """Triangles with one skin.

    Attributes:
        corners, normals: (M, 3, 3). uv: (M, 3, 2). uv2: (M, 3, 2) in `light`, (H, W, 3) linear.
        lamps: those that shine on it where it has no lightmap; ambient: (3,) light from all sides.
        tangents: (M, 3, 4), for skins with normals. tint: (M, 3, 3) linear colours of corners.
    """

    corners: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    skin: Skin
    uv2: np.ndarray | None = None
    light: np.ndarray | None = None
    lamps: tuple[Any, ...] = ()
    ambient: np.ndarray = field(default_factory=lambda: np.ones(3, np.float32))
    tangents: np.ndarray | None = None
    tint: np.ndarray | None = None


def skin_of(picture: np.ndarray, **values: Any) -> Skin:
    """A skin from an (H, W, 3) uint8 sRGB picture."""
    return Skin(_mips(_CODES[picture[..., :3]]), **values)


def painted_skin(look: Painted) -> Skin:
    """The skin of one of the shell's materials."""
    rough = look.roughness if look.orm is None else 0.7
    normal = None
    if look.normal is not None:
        normal = look.normal.astype(np.float32) / 127.5 - 1.0
    return skin_of(
        look.base,
        shine=None if look.shine is None else _CODES[look.shine],
        normal=normal,
        gloss=float(np.clip(1.0 - rough, 0.0, 1.0)) ** 1.5,
        metallic=look.metallic if look.orm is None else 0.0,
    )


def surface_body(surface: Surface, skin: Skin, **values: Any) -> Body:
    """A body from a surface of the shell."""
    a = {key: value.astype(np.float32) for key, value in surface.attributes.items()}
    f = surface.faces
    uv2 = a["TEXCOORD_1"][f] if "TEXCOORD_1" in a else None
    tangents = a["TANGENT"][f] if "TANGENT" in a and skin.normal is not None else None
    return Body(
        a["POSITION"][f], a["NORMAL"][f], a["TEXCOORD_0"][f], skin, uv2, tangents=tangents, **values
    )


def glb_bodies(data: bytes, name: str, place: np.ndarray, **values: Any) -> list[Body]:
    """What the first scene of a GLB shows at rest, moved by a (4, 4) matrix.

    Raises:
        BadAsset: it is damaged, or compressed in a way that is not read here.
    """
    scene, binary = split_glb(data, name)
    bodies: list[Body] = []
    try:
        skins = [_skin(scene, binary, m) for m in (*scene.get("materials", []), {})]
        nodes = scene.get("nodes", [])
        todo = [(i, place) for i in scene["scenes"][scene.get("scene", 0)].get("nodes", [])]
        while todo:
            index, above = todo.pop()
            here = above @ local_matrix(nodes[index])
            todo += [(child, here) for child in nodes[index].get("children", [])]
            if "mesh" not in nodes[index]:
                continue
            # A skinned mesh goes where its joints go; at rest that is where the root puts it.
            matrix = above if "skin" in nodes[index] else here
            for primitive in scene["meshes"][nodes[index]["mesh"]]["primitives"]:
                bodies.append(_primitive(scene, binary, primitive, matrix, skins, values))
    except (KeyError, IndexError, TypeError, ValueError, OSError) as error:
        raise BadAsset(f"{name} cannot be drawn: {error}") from error
    return bodies


def _primitive(
    scene: dict[str, Any],
    binary: bytes,
    primitive: dict[str, Any],
    matrix: np.ndarray,
    skins: list[Skin],
    values: dict[str, Any],
) -> Body:
    attributes = primitive["attributes"]
    points = _read(scene, binary, attributes["POSITION"]) @ matrix[:3, :3].T + matrix[:3, 3]
    if "indices" in primitive:
        faces = _read(scene, binary, primitive["indices"]).astype(np.int64).reshape(-1, 3)
    else:
        faces = np.arange(len(points)).reshape(-1, 3)
    corners = points[faces]
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.repeat(flat[:, None], 3, axis=1)
    if "NORMAL" in attributes:
        turned = np.linalg.inv(matrix[:3, :3])
        normals = (_read(scene, binary, attributes["NORMAL"]) @ turned)[faces]
    normals = normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    uv = np.zeros((*faces.shape, 2))
    if "TEXCOORD_0" in attributes:
        uv = _read(scene, binary, attributes["TEXCOORD_0"])[faces]
    tint = None
    if "COLOR_0" in attributes:
        tint = _read(scene, binary, attributes["COLOR_0"])[faces][..., :3]
    skin = skins[primitive.get("material", -1)]
    normals, uv = normals.astype(np.float32), uv.astype(np.float32)
    return Body(corners, normals, uv, skin, tint=tint, **values)


def _read(scene: dict[str, Any], binary: bytes, index: int) -> np.ndarray:
    """(n,) or (n, k) float64 values of an accessor."""
    accessor = scene["accessors"][index]
    view = scene["bufferViews"][accessor["bufferView"]]
    kind = np.dtype("<" + _KINDS[accessor["componentType"]])
    width, count = _WIDTH[accessor["type"]], accessor["count"]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    stride = view.get("byteStride", width * kind.itemsize)
    values: np.ndarray = np.ndarray((count, width), kind, binary, start, (stride, kind.itemsize))
    scale = np.iinfo(kind).max if accessor.get("normalized") and kind.kind in "iu" else 1
    read = values.astype(np.float64) / scale
    return read[:, 0] if width == 1 else read


def _skin(scene: dict[str, Any], binary: bytes, material: dict[str, Any]) -> Skin:
    surface = material.get("pbrMetallicRoughness", {})
    factor = np.asarray(surface.get("baseColorFactor", (1, 1, 1, 1)), np.float32)[:3]
    picture = np.full((1, 1, 3), 255, np.uint8)
    if "baseColorTexture" in surface:
        texture = scene["textures"][surface["baseColorTexture"]["index"]]
        view = scene["bufferViews"][scene["images"][texture["source"]]["bufferView"]]
        start = view.get("byteOffset", 0)
        with Image.open(io.BytesIO(binary[start : start + view["byteLength"]])) as image:
            picture = np.asarray(image.convert("RGB"))
    rough = float(surface.get("roughnessFactor", 1.0))
    return Skin(
        _mips(_CODES[picture] * factor),
        gloss=0.6 * float(np.clip(1.0 - rough, 0.0, 1.0)) ** 1.5,
        metallic=float(surface.get("metallicFactor", 1.0)) * 0.5,
    )


def _mips(linear: np.ndarray) -> tuple[np.ndarray, ...]:
    levels = [np.asarray(linear, np.float32)]
    while min(levels[-1].shape[:2]) >= 2:
        last = levels[-1]
        h, w = last.shape[0] // 2 * 2, last.shape[1] // 2 * 2
        even = last[:h, :w]
        levels.append((even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4)
    return tuple(levels)
