# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting results into the scene: Blender data, no user interface."""
