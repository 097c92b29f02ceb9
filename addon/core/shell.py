# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the house of a museum: many named nodes, some without a mesh, that share meshes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import problems
from .frame import Place, Rows, up_matrix
from .gltf import NONSENSE, Document, Material, Mesh, reading


@dataclass(frozen=True)
class Part:
    """A node: its place in the world in Blender's frame, and what the file says of it.

    Attributes:
        mesh: the number of its mesh, or None for a mere place such as a slot.
        drawn: it is in the first scene; what is in others is for programs, not for eyes.
    """

    name: str
    place: Rows
    extras: dict[str, Any]
    mesh: int | None
    drawn: bool

    @property
    def role(self) -> str:
        """Architecture, furniture, slot and so on; empty where the file does not say."""
        return str(self.extras.get("role", ""))


class Shell:
    """A house whose meshes are read when they are asked for, one by one."""

    def __init__(self, document: Document, path: str) -> None:
        self._document = document
        self._path = path
        self.materials: list[Material] = document.materials()
        self.parts: list[Part] = _parts(document)
        count = len(document.doc.get("meshes", []))
        if any(part.mesh not in (None, *range(count)) for part in self.parts):
            raise ValueError("a node has a mesh that is not there")

    def mesh(self, number: int) -> list[Mesh]:
        """The primitives of a mesh in its own frame, one for each material.

        Raises:
            Problem: E_RESULT.
        """
        try:
            value = self._document.doc["meshes"][number]
            name = str(value.get("name", "Mesh"))
            found = [self._document.primitive(name, one, Place()) for one in value["primitives"]]
            if any(one.material not in (None, *range(len(self.materials))) for one in found):
                raise ValueError("a mesh has a material that is not there")
        except NONSENSE as error:
            sentence = f"{self._path} has a mesh that this add-on does not understand."
            raise problems.result_unreadable(sentence) from error
        return found


def read(path: str) -> Shell:
    """Read the nodes and materials of a GLB file.

    Raises:
        Problem: E_RESULT, and nothing else, whatever the file holds.
    """
    return reading(path, lambda document: Shell(document, path))


def _parts(document: Document) -> list[Part]:
    scenes = document.doc.get("scenes", [{}])
    first = document.doc.get("scene", 0)
    drawn = _below(document, scenes[first].get("nodes", ()))
    found = []
    for index, node in enumerate(document.nodes):
        extras = node.get("extras", {})
        if not isinstance(extras, dict):
            raise ValueError("extras are an object")
        name = str(node.get("name", f"Node {index}"))
        found.append(
            Part(name, up_matrix(document.world(index)), extras, node.get("mesh"), index in drawn)
        )
    return found


def _below(document: Document, roots: Any) -> set[int]:
    """The nodes that hang under `roots`, with them."""
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        if (node := waiting.pop()) not in found:
            found.add(node)
            waiting += document.nodes[node].get("children", ())
    return found
