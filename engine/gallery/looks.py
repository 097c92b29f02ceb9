"""What a theme adds to its plan when it is built: mouldings, beams, the outside. Data only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.museum.parts import Material
from engine.museum.schema import Museum, Room


@dataclass(frozen=True)
class Finish:
    """What a surface is covered with: a material's name, colour and roughness; `glow` shines."""

    kind: str
    colour: str
    roughness: float = 0.8
    glow: float = 0.0

    @classmethod
    def of(cls, material: Material) -> Finish:
        return cls(material.kind, material.colour, material.roughness)


@dataclass(frozen=True)
class Look:
    """Mouldings in metres; 0 leaves one out.

    Attributes:
        skirting, cornice: heights. dado: height of the panelling under the works, with a rail.
        architrave: (width, depth) of the frame around a door; lintel: height of a cornice on it.
        beams: metres between beams under the ceiling.
        hanging: what a wall of fabric is hung with.
        bays: metres of facade between axes; pilasters stand between them. window: (width, height)
            of the blind windows in them; they are higher up where the house is.
        facade, roof, ground: finishes of the outside. plinth: height of the outside's base.
    """

    facade: Finish
    roof: Finish
    ground: Finish
    skirting: float = 0.12
    cornice: float = 0.0
    dado: float = 0.0
    architrave: tuple[float, float] = (0.08, 0.025)
    lintel: float = 0.0
    beams: float = 0.0
    hanging: str = "fabric"
    bays: float = 0.0
    pilasters: bool = False
    window: tuple[float, float] = (0.0, 0.0)
    base: Finish | None = None


_GRAVEL = Finish("gravel", "#b9b1a1", 1.0)
_GRASS = Finish("grass", "#6f8150", 1.0)
_ZINC = Finish("metal", "#8c9196", 0.5)

LOOKS = {
    "white_cube": Look(
        Finish("plaster", "#eeece6", 0.9), _ZINC, _GRASS, skirting=0.06, architrave=(0.05, 0.015)
    ),
    "baroque_enfilade": Look(
        Finish("plaster", "#e6cf9c", 0.9),
        Finish("metal", "#6f8f86", 0.6),
        _GRAVEL,
        skirting=0.2,
        cornice=0.42,
        dado=0.5,
        architrave=(0.09, 0.06),
        lintel=0.28,
        hanging="damask",
        bays=4.2,
        pilasters=True,
        window=(1.3, 2.6),
        base=Finish("stone", "#cfc4ab", 0.8),
    ),
    "brick_warehouse": Look(
        Finish("brick", "#8f4d3a", 0.95),
        Finish("metal", "#5b5e60", 0.6),
        Finish("concrete", "#8b8983", 0.9),
        skirting=0.0,
        architrave=(0.06, 0.02),
        beams=4.0,
        bays=4.5,
        window=(2.6, 2.2),
    ),
    "night_cinema": Look(
        Finish("concrete", "#2a2a33", 0.7),
        Finish("metal", "#1a1a20", 0.6),
        Finish("concrete", "#23232a", 0.6),
        skirting=0.08,
        cornice=0.1,
        hanging="drape",
    ),
    "sculpture_court": Look(
        Finish("ashlar", "#dccfb2", 0.85),
        Finish("roof", "#b9785a", 0.9),
        _GRAVEL,
        skirting=0.14,
        cornice=0.14,
        bays=4.6,
        pilasters=True,
        architrave=(0.09, 0.04),
        lintel=0.12,
        base=Finish("stone", "#b9ab8d", 0.85),
    ),
    "small_cabinet": Look(
        Finish("brick", "#7d4a3c", 0.95),
        Finish("roof", "#4b4f57", 0.9),
        Finish("stone", "#9c958a", 0.9),
        skirting=0.14,
        cornice=0.16,
        dado=0.45,
        hanging="stripe",
        bays=2.6,
        window=(0.9, 1.5),
        architrave=(0.09, 0.03),
        lintel=0.1,
        base=Finish("stone", "#a49c8e", 0.85),
    ),
}


def look(museum: Museum) -> Look:
    """The look of a museum: its theme's, or a plain one for a theme that does not ship."""
    if museum.style.theme in LOOKS:
        return LOOKS[museum.style.theme]
    return Look(Finish.of(museum.rooms[0].wall), _ZINC, _GRAVEL)


def trim(museum: Museum, room: Room) -> Finish:
    """What mouldings of a room are made of: its skirting's material, else that of its doors."""
    return Finish.of(room.skirting or museum.style.door)


def hung(museum: Museum, room: Room) -> Finish:
    """What the walls of a room are covered with."""
    plain = Finish.of(room.wall)
    return plain if plain.kind != "fabric" else replace(plain, kind=look(museum).hanging)
