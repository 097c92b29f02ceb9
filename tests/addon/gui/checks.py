"""What must hold of the scene; built on the facts that the probe reports, not on the add-on."""

from __future__ import annotations

from typing import Any

from desktop import GuiError

NEAR_M = 0.02


def check_characters(facts: dict[str, Any], count: int, height: float) -> dict[str, Any]:
    """Find `count` rigged, textured, upright characters of `height` metres in one collection.

    Returns:
        What was found, for the report. Raises GuiError with the first thing that is wrong.
    """
    names = facts["collections"].get("Vernissage")
    _demand(names, "there is no collection called Vernissage")
    things = {name: facts["objects"][name] for name in names}
    rigs = {name: thing for name, thing in things.items() if thing["type"] == "ARMATURE"}
    bodies = {name: thing for name, thing in things.items() if thing["type"] == "MESH"}
    _demand(len(rigs) == count, f"asked for {count} characters, got {len(rigs)} armatures")
    _demand(len(rigs) + len(bodies) == len(things), "something stray is in the collection")
    floor = facts["cursor"][2]
    for name, body in bodies.items():
        low, high = body["low"], body["high"]
        tall = high[2] - low[2]
        _demand(abs(tall - height) < NEAR_M, f"{name} is {tall:.2f} m tall, not {height} m")
        _demand(abs(low[2] - floor) < NEAR_M, f"{name} stands at {low[2]:.2f} m, not on the floor")
        _demand(body["parent"] in rigs and body["armature"], f"{name} does not follow an armature")
        _demand(body["textures"], f"{name} has no texture")
        blurred = [row[0] for row in body["textures"] if row[1] != "Closest"]
        _demand(not blurred, f"the texture of {name} is blurred between its pixels")
    for name, rig in rigs.items():
        _demand(rig["properties"], f"{name} does not say where it comes from")
        _demand(_faces_viewer(rig["bones"]), f"{name} does not face -Y")
    return {
        "armatures": len(rigs),
        "meshes": len(bodies),
        "bones": len(next(iter(rigs.values()))["bones"]),
        "faces": sum(body["faces"] for body in bodies.values()),
        "tallest_m": round(max(b["high"][2] - b["low"][2] for b in bodies.values()), 4),
    }


def check_shapes(facts: dict[str, Any], count: int) -> dict[str, Any]:
    """Find `count` textured shapes, each with levels of detail and a collider that are out of sight.

    Returns:
        What was found, for the report. Raises GuiError with the first thing that is wrong.
    """
    names = facts["collections"].get("Vernissage")
    _demand(names, "there is no collection called Vernissage")
    things = {name: facts["objects"][name] for name in names}
    finest = {name: thing for name, thing in things.items() if thing["parent"] is None}
    _demand(len(finest) == count, f"asked for {count} shapes, got {len(finest)}")
    floor = facts["cursor"][2]
    for name, shape in finest.items():
        _demand(name.endswith("_LOD0"), f"{name} is not called the finest level")
        _demand(shape["visible"], f"{name} is not to be seen")
        low = shape["low"][2]
        _demand(abs(low - floor) < NEAR_M, f"{name} stands at {low:.2f} m, not on the floor")
        _demand(len(shape["textures"]) == 2, f"{name} has not colours and normals")
        _demand(shape["normal_maps"] == 1, f"{name} has no normal map")
        _demand(shape["properties"], f"{name} does not say where it comes from")
        family = {other: thing for other, thing in things.items() if thing["parent"] == name}
        colliders = [thing for other, thing in family.items() if other.startswith("UCX_")]
        levels = [thing for other, thing in family.items() if "_LOD" in other[-6:]]
        _demand(colliders and levels, f"{name} has no collider or no coarser levels")
        _demand(len(colliders) + len(levels) == len(family), f"something stray hangs on {name}")
        _demand(all(thing["wire"] for thing in colliders), f"the collider of {name} is solid")
        _demand(not any(t["visible"] for t in family.values()), f"{name} is seen twice")
        coarsest = min(thing["faces"] for thing in levels)
        _demand(coarsest < shape["faces"] / 2, f"the levels of {name} are no coarser")
    return {
        "shapes": len(finest),
        "meshes": len(things),
        "triangles": sum(shape["faces"] for shape in finest.values()),
    }


def check_museum(facts: dict[str, Any], count: int) -> dict[str, Any]:
    """Find one museum with `count` works, all with a picture, under lamps, and cameras to walk it.

    Returns:
        What was found, for the report. Raises GuiError with the first thing that is wrong.
    """
    houses = [name for name in facts["collections"] if name.startswith("Museum: ")]
    _demand(len(houses) == 1, f"there are {len(houses)} museums in the scene")
    things = [facts["objects"][name] for name in facts["collections"][houses[0]]]
    by_role: dict[str, list[dict[str, Any]]] = {}
    for thing in things:
        by_role.setdefault(thing["role"], []).append(thing)
    works = by_role.get("work", [])
    _demand(len(works) == count, f"asked for {count} works, got {len(works)}")
    for role in ("architecture", "light", "view", "tour"):
        _demand(by_role.get(role), f"the museum has nothing of the role {role}")
    bare = [thing for thing in works if thing["type"] == "MESH" and not thing["textures"]]
    _demand(not bare, f"{len(bare)} works have no picture")
    return {
        "works": len(works),
        "lamps": len(by_role["light"]),
        "cameras": len(by_role["view"]) + len(by_role["tour"]),
        "objects": len(things),
    }


def check_same(act: str, wanted: dict[str, Any], found: dict[str, Any]) -> None:
    """Demand that the scene after `act` is the one that is wanted, name by name.

    Selection and unused data apart: Blender keeps the latter until it saves.
    """
    for part in ("objects", "collections"):
        if wanted[part] != found[part]:
            lost = sorted(set(wanted[part]) - set(found[part]))
            added = sorted(set(found[part]) - set(wanted[part]))
            raise GuiError(f"after {act} the {part} differ: lost {lost}, added {added}")
    for kind, names in wanted["census"].items():
        if names != found["census"][kind]:
            odd = sorted(set(names) ^ set(found["census"][kind]))
            raise GuiError(f"after {act} the {kind} differ: {odd}")


def _faces_viewer(bones: dict[str, list[float]]) -> bool:
    """Somebody upright whose left hand is at +X looks along -Y."""
    left = [head[0] for name, head in bones.items() if name.lower().endswith((".l", "_l"))]
    left += [head[0] for name, head in bones.items() if name.lower().startswith("left")]
    right = [head[0] for name, head in bones.items() if name.lower().endswith((".r", "_r"))]
    right += [head[0] for name, head in bones.items() if name.lower().startswith("right")]
    return bool(left and right) and min(left) > max(right)


def _demand(holds: Any, sentence: str) -> None:
    if not holds:
        raise GuiError(sentence)
