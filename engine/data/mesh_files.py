"""Which files of a folder are meshes, and whether one is fit to be opened at all.

A loader trusts what a header says; these checks come first, so that a header which promises a
thousand million vertices costs a sentence and not the memory of the machine.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from PIL import Image

from engine.errors import BadMesh

SUFFIXES = (".glb", ".gltf", ".obj", ".ply", ".stl")
FOREIGN = (".fbx", ".blend", ".dae", ".usd", ".usdc", ".usdz", ".3ds", ".max")
MOST_TRIANGLES = 2_000_000
MOST_BYTES = 512 * 2**20
_JSON, _BIN = 0x4E4F534A, 0x004E4942


def find_meshes(folder: Path) -> tuple[list[Path], list[Path]]:
    """Mesh files below a folder, and files of formats that must be exported first; sorted.

    Hidden files and folders are left out.
    """
    seen = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
    meshes = [path for path in seen if path.suffix.lower() in SUFFIXES]
    return meshes, [path for path in seen if path.suffix.lower() in FOREIGN]


def check_file(path: Path) -> list[Path]:
    """Look at the header of a mesh file.

    Returns:
        The files that make up the model: itself, then buffers, material files and images.
    Raises:
        BadMesh: it is empty, too large, not what its name says, promises more than it holds, or
            names an image that is not there or cannot be opened.
    """
    try:
        size = path.stat().st_size
        if not size:
            raise BadMesh("the file is empty")
        if size > MOST_BYTES:
            raise BadMesh(f"the file has {size >> 20} MB, more than {MOST_BYTES >> 20}")
        match path.suffix.lower():
            case ".glb":
                header, binary = _read_glb(path.read_bytes())
                return [path, *_check_gltf(header, binary, path.parent)]
            case ".gltf":
                header = _json(path.read_bytes())
                return [path, *_check_gltf(header, b"", path.parent)]
            case ".obj":
                return [path, *_check_obj(path)]
            case ".ply":
                _check_ply(path, size)
            case ".stl":
                _check_stl(path, size)
    except OSError as error:
        raise BadMesh(f"the file cannot be read: {error.strerror or error}") from error
    return [path]


def digest(files: list[Path]) -> str:
    """SHA-256 of all bytes that make up a model, in order."""
    total = hashlib.sha256()
    for path in files:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _read_glb(data: bytes) -> tuple[dict[str, Any], bytes]:
    if len(data) < 20 or data[:4] != b"glTF":
        raise BadMesh("this is no GLB file: its first four bytes are not glTF")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise BadMesh(f"glTF version {version} is not read, only version 2")
    if length > len(data):
        raise BadMesh(f"the file ends after {len(data)} of {length} bytes")
    chunks: dict[int, bytes] = {}
    place = 12
    while place + 8 <= length:
        size, kind = struct.unpack_from("<II", data, place)
        chunks.setdefault(kind, data[place + 8 : place + 8 + size])
        place += 8 + size
    if _JSON not in chunks:
        raise BadMesh("the GLB file has no JSON chunk")
    return _json(chunks[_JSON]), chunks.get(_BIN, b"")


def _json(data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadMesh(f"the glTF header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise BadMesh("the glTF header is no JSON object")
    return header


def _check_gltf(header: dict[str, Any], binary: bytes, folder: Path) -> list[Path]:
    """Counts within reason, buffers and colour images present. Returns the files beside it."""
    try:
        accessors = header.get("accessors", [])
        parts = [part for mesh in header.get("meshes", []) for part in mesh["primitives"]]
        if not parts:
            raise BadMesh("the file holds no mesh")
        corners = sum(
            accessors[part.get("indices", part["attributes"]["POSITION"])]["count"]
            for part in parts
        )
        most = max(accessor["count"] for accessor in accessors)
        _few_enough(max(corners // 3, most // 3))
        if "KHR_draco_mesh_compression" in header.get("extensionsRequired", []):
            raise BadMesh("the mesh is compressed with Draco, which is not read")
        names = [entry["uri"] for entry in header.get("buffers", []) if "uri" in entry]
        beside = [_beside(name, folder, "buffer") for name in names if not name.startswith("data:")]
        for image in _color_images(header):
            beside += _check_image(image, header, binary, folder)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise BadMesh(f"the glTF header contradicts itself: {error!r}") from error
    return beside


def _color_images(header: dict[str, Any]) -> list[dict[str, Any]]:
    """The images that base colours use."""
    used = set()
    for material in header.get("materials", []):
        texture = material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
        if texture is not None:
            source = header["textures"][texture["index"]].get("source")
            if source is not None:
                used.add(source)
    return [header["images"][index] for index in sorted(used)]


def _check_image(
    image: dict[str, Any], header: dict[str, Any], binary: bytes, folder: Path
) -> list[Path]:
    beside: list[Path] = []
    name = image.get("name", "inside the file")
    if "bufferView" in image:
        view = header["bufferViews"][image["bufferView"]]
        if "uri" in header["buffers"][view["buffer"]]:
            return []  # an embedded image of a .gltf: the loader reads the buffer
        start = view.get("byteOffset", 0)
        data = binary[start : start + view["byteLength"]]
    elif image["uri"].startswith("data:"):
        try:
            data = base64.b64decode(image["uri"].partition("base64,")[2], validate=True)
        except binascii.Error as error:
            raise BadMesh(f"the texture image {name} is not base64: {error}") from error
    else:
        name = image["uri"]
        beside = [_beside(name, folder, "texture image")]
        data = beside[0].read_bytes()
    _openable(data, name)
    return beside


def _openable(data: bytes, name: str) -> None:
    try:
        with Image.open(io.BytesIO(data)):
            pass
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadMesh(f"the texture image {name} cannot be opened") from error


def _beside(name: str, folder: Path, what: str) -> Path:
    path = folder / unquote(name)
    if "\0" in name or not path.is_file():
        raise BadMesh(f"the {what} {name} is missing")
    return path


def _check_obj(path: Path) -> list[Path]:
    """Material files and colour images of an OBJ; a material file that is missing is an error."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if "\0" in text[:4096] or not re.search(r"^\s*[vf]\s", text, re.MULTILINE):
        raise BadMesh("this is no OBJ file: it has neither vertices nor faces")
    _few_enough(len(re.findall(r"^\s*f\s", text, re.MULTILINE)))
    beside: list[Path] = []
    for library in re.findall(r"^\s*mtllib\s+(.+?)\s*$", text, re.MULTILINE):
        material = _beside(library, path.parent, "material file")
        beside.append(material)
        lines = material.read_text(encoding="utf-8", errors="replace")
        for image in re.findall(r"^\s*map_Kd\s+(.+?)\s*$", lines, re.MULTILINE | re.IGNORECASE):
            name = re.sub(r"^(-\w+(\s+[-\d.]+|\s+o[nf]f?)+\s+)+", "", image)
            beside.append(_beside(name, path.parent, "texture image"))
            _openable(beside[-1].read_bytes(), name)
    return beside


def _check_ply(path: Path, size: int) -> None:
    with path.open("rb") as file:
        head = file.read(65_536)
    if not head.startswith(b"ply") or b"end_header" not in head:
        raise BadMesh("this is no PLY file: it has no PLY header")
    for name, digits in re.findall(rb"element\s+(\w+)\s+(\d+)", head):
        count = int(digits)
        if count > size:  # a vertex or a face takes a byte at the very least
            raise BadMesh(f"the file promises {count} × {name.decode()} in {size} bytes")
        if name == b"face":
            _few_enough(count)
    for image in re.findall(rb"comment TextureFile\s+(.+?)\s*\n", head):
        name = image.decode("utf-8", "replace")
        _openable(_beside(name, path.parent, "texture image").read_bytes(), name)


def _check_stl(path: Path, size: int) -> None:
    with path.open("rb") as file:
        head = file.read(84)
        text = head.lstrip().lower().startswith(b"solid") and b"facet" in head + file.read(4096)
    if text:
        return
    if size < 84:
        raise BadMesh("this is no STL file: it is shorter than a header")
    count = struct.unpack_from("<I", head, 80)[0]
    if 84 + 50 * count > size:
        raise BadMesh(f"the file promises {count} triangles in {size} bytes")
    _few_enough(count)


def _few_enough(triangles: int) -> None:
    if triangles > MOST_TRIANGLES:
        raise BadMesh(f"the model has {triangles} triangles, more than {MOST_TRIANGLES}")
