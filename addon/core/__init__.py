# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything the add-on knows that needs no Blender: the engine's process, jobs, history, words."""
