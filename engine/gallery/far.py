"""Bodies as they are seen from afar: one mesh of few triangles, one small skin.

Viewers draw all of a room's far bodies at once, so that a hall of sculptures costs a headset one draw
and a known number of triangles, whatever the works themselves are.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import fast_simplification
import numpy as np
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from engine.gallery.bodies import Body, glb_bodies
from engine.gallery.gltf import Glb, Surface
from engine.gallery.materials import to_srgb
from engine.gallery.solid import split_glb

TRIANGLES = 1_000
SIDE = 256  # pixels of the skin
_SAMPLES = 6_000  # points of the surface that corners are matched with
_FACING = 0.15  # of the body's size: how far off a surface counts that faces the other way
_APART = 10.0  # of the body's size: charts are never mixed up


@dataclass(frozen=True)
class _Soup:
    """Triangles: corners and normals (M, 3, 3), uv (M, 3, 2), tint (M, 3, 3) linear."""

    corners: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    tint: np.ndarray

    def at(self, faces: np.ndarray, shares: np.ndarray) -> list[np.ndarray]:
        """Normals, uv and tint of points in faces, by (K, 3) barycentric shares."""
        parts = (self.normals, self.uv, self.tint)
        return [np.einsum("kc,kcx->kx", shares, part[faces]) for part in parts]


def far_name(file: str) -> str:
    """The path of the far body beside a work's."""
    return file.removesuffix(".glb") + ".far.glb"


def far_glb(data: bytes, name: str) -> bytes:
    """The far body of a work, at rest, where the work itself is. Raises `BadAsset`."""
    bodies = glb_bodies(data, name, np.eye(4))
    skin, places = _skin(bodies)
    soup = _Soup(
        np.concatenate([b.corners for b in bodies]),
        np.concatenate([b.normals for b in bodies]),
        np.concatenate([_moved(b, place) for b, place in zip(bodies, places, strict=True)]),
        np.concatenate([np.ones_like(b.corners) if b.tint is None else b.tint for b in bodies]),
    )
    if len(soup.corners) > TRIANGLES:
        soup = _coarse(soup)
    glb = Glb(name)
    values: dict[str, Any] = {**_finish(split_glb(data, name)[0])}
    values["baseColorTexture"] = {"index": glb.image(f"{name}-skin", skin, "image/jpeg")}
    material = glb.material(name, {"pbrMetallicRoughness": values})
    glb.node(name, {}, [_surface(soup, material)])
    return glb.data()


def _skin(bodies: Sequence[Body]) -> tuple[bytes, list[tuple[np.ndarray, float]]]:
    """JPEG of all skins in one square, and for each body its corner and share of that."""
    known: dict[int, int] = {}
    for body in bodies:
        known.setdefault(id(body.skin), len(known))
    across = int(np.ceil(np.sqrt(len(known))))
    edge = SIDE // across
    image = Image.new("RGB", (SIDE, SIDE))
    for body in bodies:
        cell = known[id(body.skin)]
        level = next(
            (m for m in body.skin.mips if max(m.shape[:2]) <= 2 * edge), body.skin.mips[-1]
        )
        tile = Image.fromarray(to_srgb(level)).resize((edge, edge), Image.Resampling.BILINEAR)
        image.paste(tile, (cell % across * edge, cell // across * edge))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    cells = [known[id(body.skin)] for body in bodies]
    return out.getvalue(), [
        (np.array([c % across, c // across]) / across, 1 / across) for c in cells
    ]


def _moved(body: Body, place: tuple[np.ndarray, float]) -> np.ndarray:
    """Texture coordinates in the common skin; alone, they may repeat."""
    corner, share = place
    return body.uv if share == 1.0 else corner + share * np.clip(body.uv, 0.02, 0.98)


def _finish(scene: dict[str, Any]) -> dict[str, float]:
    """Mean metal and roughness of the materials."""
    looks = [m.get("pbrMetallicRoughness", {}) for m in scene.get("materials", [])] or [{}]
    return {
        "metallicFactor": float(np.mean([look.get("metallicFactor", 1.0) for look in looks])),
        "roughnessFactor": float(np.mean([look.get("roughnessFactor", 1.0) for look in looks])),
    }


def _coarse(soup: _Soup) -> _Soup:
    """Few triangles of the same shape; what they show is read from the fine ones below them."""
    size = float(np.ptp(soup.corners.reshape(-1, 3), axis=0).max())
    points, faces = np.unique(
        np.round(soup.corners.reshape(-1, 3) / (1e-5 * size)), axis=0, return_inverse=True
    )
    faces = faces.reshape(-1, 3)
    faces = faces[(faces != np.roll(faces, 1, 1)).all(1)]
    least, triangles = fast_simplification.simplify(
        (points * 1e-5).astype(np.float32), faces.astype(np.int32), target_count=TRIANGLES
    )
    corners = np.asarray(least, float)[triangles] * size
    chart = _charts(soup)
    on, normal, face = _samples(soup)
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)
    facing = cKDTree(np.hstack([on, _FACING * size * normal]))
    below = face[facing.query(np.hstack([corners.mean(1), _FACING * size * flat]))[1]]
    # Corners of a triangle are read from one chart of the skin, so that none spans its gaps.
    apart = _APART * size
    tree = cKDTree(np.hstack([on, apart * chart[face][:, None]]))
    wanted = np.repeat(chart[below], 3)[:, None] * apart
    places = corners.reshape(-1, 3)
    near = face[tree.query(np.hstack([places, wanted]))[1]]
    read = soup.at(near, _shares(soup.corners[near], places))
    normals, uv, tint = (part.reshape(len(corners), 3, -1) for part in read)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    return _Soup(corners, normals, uv, tint)


def _charts(soup: _Soup) -> np.ndarray:
    """(M,) number of each triangle's chart: those that share corners in space and in the skin."""
    keys = np.concatenate([soup.corners, soup.uv], axis=2).reshape(-1, 5)
    _, corner = np.unique(np.round(keys, 5), axis=0, return_inverse=True)
    corner = corner.reshape(-1, 3)
    count = int(corner.max()) + 1
    rows, columns = corner[:, [0, 1]].ravel(), corner[:, [1, 2]].ravel()
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), (count, count))
    return np.asarray(connected_components(graph, directed=False)[1][corner[:, 0]])


def _samples(soup: _Soup) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points on the surface, their normals and faces: each face once, and large ones more often."""
    a, b, c = soup.corners.transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    more = np.floor(area / max(float(area.sum()), 1e-12) * _SAMPLES).astype(int)
    face = np.repeat(np.arange(len(area)), 1 + more)
    rng = np.random.default_rng(0)
    shares = rng.dirichlet((1.0, 1.0, 1.0), len(face))
    shares[np.unique(face, return_index=True)[1]] = 1 / 3
    on = np.einsum("kc,kcx->kx", shares, soup.corners[face])
    return on, np.einsum("kc,kcx->kx", shares, soup.normals[face]), face


def _shares(corners: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(K, 3) barycentric shares of places above (K, 3, 3) triangles, kept within them."""
    a, u, v = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    w = places - a
    uu, uv, vv = ((p * q).sum(1) for p, q in ((u, u), (u, v), (v, v)))
    wu, wv = (w * u).sum(1), (w * v).sum(1)
    scale = np.maximum(uu * vv - uv * uv, 1e-18)
    second, third = (vv * wu - uv * wv) / scale, (uu * wv - uv * wu) / scale
    shares = np.clip(np.stack([1 - second - third, second, third], 1), 0.0, 1.0)
    return np.asarray(shares / np.maximum(shares.sum(1, keepdims=True), 1e-9))


def _surface(soup: _Soup, material: int) -> Surface:
    """Corners that agree in everything become one."""
    parts = [soup.corners, soup.normals, soup.uv]
    tinted = bool((soup.tint != 1.0).any())
    parts += [soup.tint] if tinted else []
    rows = np.concatenate(parts, axis=2).reshape(-1, sum(p.shape[2] for p in parts))
    _, first, faces = np.unique(
        rows.astype(np.float32).round(5), axis=0, return_index=True, return_inverse=True
    )
    kept = rows[first]
    attributes = {"POSITION": kept[:, :3], "NORMAL": kept[:, 3:6], "TEXCOORD_0": kept[:, 6:8]}
    if tinted:
        attributes["COLOR_0"] = kept[:, 8:]
    return Surface(attributes, faces.reshape(-1, 3), material)
