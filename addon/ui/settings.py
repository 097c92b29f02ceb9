# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sets in the panel; saved with the scene."""

import bpy

from .. import runtime
from ..core import offers
from .known import number, solid_offers
from .museum_settings import VERNISSAGE_PG_museum

MAX_COUNT = 256
COLLIDERS = (
    ("none", "None", "No collider"),
    ("hull", "Hull", "One convex hull around the shape"),
    ("parts", "Parts", "Up to eight convex parts that follow the shape"),
)
TEXTURES = tuple(
    (str(size), f"{size} px", f"Textures of {size} by {size} pixels")
    for size in (256, 512, 1024, 2048)
)

# Blender does not keep the strings of a dynamic enumeration alive; we have to.
_items: list[tuple] = []


def offer_of(model: str) -> offers.Offer:
    """What is known of a model that makes things which stand; the first one's if it is unknown."""
    known = solid_offers()
    return next((offer for offer in known if offer.name == model), known[0])


def remember(found) -> None:
    """Keep what the engine offers for the next start, so that the panel is right before it runs."""
    text = offers.to_text(found)
    # Writing it anew would mark the user's preferences as changed.
    if text != runtime.preferences().models:
        runtime.preferences().models = text


def _model_items(_self, _context):
    _items[:] = [
        # The number is what Blender stores: it must not depend on the order of the models.
        (offer.name, offer.title, f"Model {offer.name}", number(offer.name))
        for offer in solid_offers()
    ]
    return _items


def _model_changed(self, _context) -> None:
    """A class of another model means nothing to this one."""
    if self.class_name not in dict(self.offer.names()):
        self.class_name = offers.ANY


def _classes(self, _context, _typed):
    return self.offer.names()


class VERNISSAGE_PG_settings(bpy.types.PropertyGroup):
    """The panel's fields."""

    model: bpy.props.EnumProperty(
        name="Model",
        description="What the engine makes",
        items=_model_items,
        default=number(offers.CHARACTERS.name),
        update=_model_changed,
    )
    class_name: bpy.props.StringProperty(
        name="Class",
        description="Class, or category to draw from; empty for any. Type to search",
        search=_classes,
        # Not sorted: a category stands before its classes.
        search_options=set(),
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
    own_size: bpy.props.BoolProperty(
        name="Own Size",
        description="As large as things of its class are, instead of one height for all",
        default=True,
    )
    height: bpy.props.FloatProperty(
        name="Height",
        description="From the floor to the highest point",
        default=1.7,
        min=0.01,
        max=1000.0,
        soft_min=0.1,
        soft_max=10.0,
        unit="LENGTH",
    )
    rig: bpy.props.BoolProperty(
        name="Rig",
        description="Fit an armature and add an idle action",
        default=True,
    )
    triangles: bpy.props.IntProperty(
        name="Triangles",
        description="Budget of the finest level of detail; each further level has half as many",
        default=3000,
        min=20,
        max=100_000,
        soft_min=200,
        soft_max=20_000,
    )
    texture: bpy.props.EnumProperty(
        name="Texture",
        description="Edge of the colour texture; the normal map has half of it",
        items=TEXTURES,
        default="1024",
    )
    lods: bpy.props.IntProperty(
        name="LODs",
        description="Levels of detail; the coarser ones are put aside in a collection of their own",
        default=3,
        min=1,
        max=4,
    )
    collider: bpy.props.EnumProperty(
        name="Collider",
        description="Convex stand-in for physics, hidden",
        items=COLLIDERS,
        default="hull",
    )
    museum: bpy.props.PointerProperty(type=VERNISSAGE_PG_museum)
    advance: bpy.props.BoolProperty(
        name="New Seed Each Time",
        description="After each job, go on to the first seed that has not been used",
        default=True,
    )

    @property
    def offer(self) -> offers.Offer:
        """What the chosen model can be asked for."""
        return offer_of(self.model)

    def as_request(self) -> dict:
        """The request in the engine's words: of the options those that the model has a use for."""
        offer = self.offer
        options = {
            "class_name": self.class_name or None,
            # Blender keeps single precision; 1.7 must not become 1.7000000476837158.
            "truncation": round(self.truncation, 4),
            "height": None if offer.own_size and self.own_size else round(self.height, 4),
            "rig": self.rig,
            "triangles": self.triangles,
            "texture": int(self.texture),
            "lods": self.lods,
            "collider": self.collider,
        }
        applying = {
            name: value
            for name, value in options.items()
            if name in offer.options and value is not None
        }
        return {
            "model": offer.name,
            "seed": self.seed,
            "count": self.count,
            **applying,
            "formats": ["glb"],
            "previews": True,
        }

    def fill(self, request: dict) -> None:
        """Set the fields from a request of the history, as far as they still exist."""
        if request.get("model") in {offer.name for offer in solid_offers()}:
            self.model = request["model"]
        for name in ("seed", "count", "truncation", "height", "rig", "triangles", "lods"):
            if isinstance(value := request.get(name), int | float):
                setattr(self, name, type(getattr(self, name))(value))
        for name, choices in (("texture", TEXTURES), ("collider", COLLIDERS)):
            if (value := str(request.get(name))) in {choice[0] for choice in choices}:
                setattr(self, name, value)
        if self.offer.own_size:
            self.own_size = "height" not in request
        self.class_name = str(request.get("class_name", offers.ANY))


CLASSES = (VERNISSAGE_PG_settings,)
