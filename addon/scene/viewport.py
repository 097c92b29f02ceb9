# SPDX-License-Identifier: GPL-3.0-or-later
"""What the 3D view shows of a result."""


def show_textures(context) -> None:
    """Let solid views that draw one colour a material draw its texture instead."""
    if context.screen is None:
        return
    for area in context.screen.areas:
        if area.type == "VIEW_3D":
            shading = area.spaces.active.shading
            if shading.type == "SOLID" and shading.color_type == "MATERIAL":
                shading.color_type = "TEXTURE"
