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
