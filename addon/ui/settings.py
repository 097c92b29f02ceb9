# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sets in the panel; saved with the scene."""

import json
import zlib

import bpy

from .. import runtime

DEFAULT_MODEL = ("voxel_characters", "Voxel characters")
MAX_COUNT = 256

# Blender does not keep the strings of a dynamic enumeration alive; we have to.
_items: list[tuple] = []


def known_models() -> list[tuple[str, str]]:
    """(name, title) of every model that the engine named when it was last seen."""
    try:
        models = [(str(name), str(title)) for name, title in json.loads(_remembered())]
    except (ValueError, TypeError):
        models = []
    return models or [DEFAULT_MODEL]


def _remembered() -> str:
    return runtime.preferences().models or "[]"


def remember_models(models) -> None:
    """Keep the names for the next start, so that the list is right before the engine runs."""
    text = json.dumps([(model.name, model.title) for model in models])
    # Writing it anew would mark the user's preferences as changed.
    if text != runtime.preferences().models:
        runtime.preferences().models = text


def _number(name: str) -> int:
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


def _model_items(_self, _context):
    _items[:] = [
        # The number is what Blender stores: it must not depend on the order of the models.
        (name, title, f"Model {name}", _number(name))
        for name, title in known_models()
    ]
    return _items


class VERNISSAGE_PG_settings(bpy.types.PropertyGroup):
    """The panel's fields."""

    model: bpy.props.EnumProperty(
        name="Model",
        description="What the engine makes",
        items=_model_items,
        default=_number(DEFAULT_MODEL[0]),
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="Seed of the first one; the same seed always gives the same result",
        default=0,
        min=0,
        max=2**31 - 1 - MAX_COUNT,
    )
    count: bpy.props.IntProperty(
        name="Count",
        description="How many to make; their seeds run upwards from the first",
        default=1,
        min=1,
        max=MAX_COUNT,
        soft_max=24,
    )
    truncation: bpy.props.FloatProperty(
        name="Variety",
        description="0 gives the average shape, 1 the full variety (truncation)",
        default=1.0,
        min=0.0,
        max=1.5,
        soft_max=1.0,
        subtype="FACTOR",
    )
    height: bpy.props.FloatProperty(
        name="Height",
        description="Height of a character",
        default=1.7,
        min=0.01,
        max=100.0,
        soft_min=0.1,
        soft_max=10.0,
        unit="LENGTH",
    )
    rig: bpy.props.BoolProperty(
        name="Rig",
        description="Fit an armature and add an idle action",
        default=True,
    )
    advance: bpy.props.BoolProperty(
        name="New Seed Each Time",
        description="After each job, go on to the first seed that has not been used",
        default=True,
    )

    def as_request(self) -> dict:
        """The request in the engine's words."""
        return {
            "model": self.model or known_models()[0][0],
            "seed": self.seed,
            "count": self.count,
            # Blender keeps single precision; 1.7 must not become 1.7000000476837158.
            "truncation": round(self.truncation, 4),
            "height": round(self.height, 4),
            "rig": self.rig,
            "formats": ["glb"],
            "previews": True,
        }

    def fill(self, request: dict) -> None:
        """Set the fields from a request of the history, as far as they still exist."""
        if request.get("model") in dict(known_models()):
            self.model = request["model"]
        for name in ("seed", "count", "truncation", "height", "rig"):
            if isinstance(value := request.get(name), int | float):
                setattr(self, name, type(getattr(self, name))(value))


CLASSES = (VERNISSAGE_PG_settings,)
