# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sets for a museum; saved with the scene."""

import bpy

from ..core import offers
from .known import known_offers, number

MAX_SEED = 2**31 - 1
THEMES = (
    ("white_cube", "White Cube", "Quiet white rooms, one line of works, daylight from above"),
    ("baroque_enfilade", "Baroque Enfilade", "Gilt frames on coloured walls, doors in one line"),
    ("brick_warehouse", "Brick Warehouse", "A long hall with free-standing walls"),
    ("night_cinema", "Night Cinema", "Dark rooms with screens on both sides of a foyer"),
    ("sculpture_court", "Sculpture Court", "Plinths in an open court, galleries around it"),
    ("small_cabinet", "Small Cabinet", "Small rooms, hung densely above each other"),
)
LIGHTS = (
    ("none", "Lamps", "Blender's own lamps only: quickest to build"),
    ("fast", "Lamps and Baked", "Lamps, and light baked by the engine to switch to"),
    (
        "fine",
        "Lamps and Baked Finely",
        "Lamps, and baked light of final quality; takes much longer",
    ),
)
NUMBERS = {"works": "count", "versions": "variations", "seed": "seed", "rooms": "rooms"}
"""Fields that are numbers, and what the engine calls them."""
SAME = "SAME"

# Blender does not keep the strings of a dynamic enumeration alive; we have to.
_items: list[tuple] = []


def _model_items(_self, _context):
    _items[:] = [
        (SAME, "As It Is", "The model that made the active work", number(SAME)),
        *(
            (offer.name, offer.title, f"Model {offer.name}", number(offer.name))
            for offer in known_offers()
        ),
    ]
    return _items


def _classes(self, context, _typed):
    active = context.active_object
    offer = self.model_for(active) if active is not None else None
    return offer.names() if offer is not None else []


class VERNISSAGE_PG_museum(bpy.types.PropertyGroup):
    """The fields of the panel *Museum*."""

    theme: bpy.props.EnumProperty(
        name="Theme",
        description="What kind of museum: its plan, its materials, its light and its hang",
        items=THEMES,
    )
    rooms: bpy.props.IntProperty(
        name="Rooms",
        description="How many rooms; 0 means as many as the works need",
        default=0,
        min=0,
        max=100,
        soft_max=12,
    )
    works: bpy.props.IntProperty(
        name="Works",
        description="How many works the engine makes for it",
        default=24,
        min=0,
        max=2000,
        soft_max=100,
    )
    versions: bpy.props.IntProperty(
        name="Variations",
        description="How many other versions of each work the engine makes, to be switched to",
        default=1,
        min=0,
        max=16,
        soft_max=4,
    )
    seed: bpy.props.IntProperty(
        name="Seed",
        description="The same seed and settings always give the same museum",
        default=0,
        min=0,
        max=MAX_SEED,
    )
    likes: bpy.props.StringProperty(
        name="Visitor Likes",
        description="What the visitor likes, with commas between: kinds, classes, styles, colours",
    )
    own: bpy.props.StringProperty(
        name="Own Works",
        description="Folder whose pictures, films and GLB files are shown too; empty for none",
        subtype="DIR_PATH",
    )
    light: bpy.props.EnumProperty(
        name="Light",
        description="Lamps light the museum in Blender; the engine can bake its light besides",
        items=LIGHTS,
    )
    advance: bpy.props.BoolProperty(
        name="New Seed Each Time",
        description="After each museum, go on to the next seed",
        default=True,
    )
    work_model: bpy.props.EnumProperty(
        name="Model",
        description="What makes the work that replaces the active one",
        items=_model_items,
        default=number(SAME),
    )
    work_class: bpy.props.StringProperty(
        name="Class",
        description="Class, or category to draw from; empty for any. Type to search",
        search=_classes,
        search_options=set(),
    )
    work_seed: bpy.props.IntProperty(
        name="Seed",
        description="Seed of the work that replaces the active one",
        default=0,
        min=0,
        max=MAX_SEED,
    )

    def model_for(self, work) -> offers.Offer | None:
        """What would make something for the place of `work`; None where no model is known."""
        name = work.get("vernissage_model") if self.work_model == SAME else self.work_model
        flat = work.get("kind") in ("painting", "video")
        fitting = [offer for offer in known_offers() if flat == (offer.makes == "pictures")]
        if not flat:
            fitting = [offer for offer in fitting if offer.is_solid]
        found = next((offer for offer in fitting if offer.name == name), None)
        if found is None and self.work_model == SAME and fitting:
            return fitting[0]
        return found

    def as_request(self) -> dict:
        """The request in the engine's words."""
        request = {
            "theme": self.theme,
            "count": self.works,
            "variations": self.versions,
            "seed": self.seed,
            "light": self.light,
        }
        if self.rooms:
            request["rooms"] = self.rooms
        if likes := [like.strip() for like in self.likes.split(",") if like.strip()]:
            request["visitor"] = {"likes": likes}
        if self.own.strip():
            request["own"] = bpy.path.abspath(self.own)
        return request

    def fill(self, request: dict) -> None:
        """Set the fields from a request of the history, as far as they still exist."""
        for name, choices in (("theme", THEMES), ("light", LIGHTS)):
            if (value := request.get(name)) in {choice[0] for choice in choices}:
                setattr(self, name, value)
        for name, key in NUMBERS.items():
            if isinstance(value := request.get(key, 0), int):
                setattr(self, name, value)
        visitor = request.get("visitor")
        likes = visitor.get("likes", ()) if isinstance(visitor, dict) else ()
        self.likes = ", ".join(str(like) for like in likes)
        self.own = str(request.get("own", ""))


CLASSES = (VERNISSAGE_PG_museum,)
