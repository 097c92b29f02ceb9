# SPDX-License-Identifier: GPL-3.0-or-later
"""Museums in the scene: rooms, works, lights and walks, each where `museum.json` has it."""
