# SPDX-License-Identifier: GPL-3.0-or-later
"""Every difference between the Blender versions 4.2 to 5.x, found by asking, not by number."""

import bpy


def user_folder(package: str) -> str:
    """Where the extension may write; an add-on that is no extension gets the data folder."""
    try:
        return bpy.utils.extension_path_user(package, create=True)
    except ValueError:
        return bpy.utils.user_resource("DATAFILES", path="vernissage", create=True)


def use_nodes(owner) -> None:
    """Give a material or a world its nodes; from 5.0 on it always has them."""
    if owner.node_tree is None:
        owner.use_nodes = True


def set_temperature(lamp, kelvin: float, color) -> None:
    """Let a lamp shine as a black body of `kelvin`; before 4.5 in the `color` of one."""
    if hasattr(lamp, "use_temperature"):
        lamp.use_temperature = True
        lamp.temperature = kelvin
    else:
        lamp.color = color


def new_curves(action, owner):
    """The place of `fcurves` and `groups` in a fresh action: slots since 4.4, the action before."""
    if not hasattr(action, "slots"):
        return action
    slot = action.slots.new(id_type="OBJECT", name=owner.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def assign_action(owner, action) -> None:
    """Let `owner` play `action`."""
    data = owner.animation_data_create()
    data.action = action
    if hasattr(data, "action_slot") and action.slots:
        data.action_slot = action.slots[0]
