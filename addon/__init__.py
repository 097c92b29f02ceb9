# SPDX-License-Identifier: GPL-3.0-or-later
"""Vernissage for Blender: the panel of an engine that runs in its own process.

Nothing is imported here before Blender registers the extension, so that `addon.core`, which knows
no Blender, can be used and tested without it.
"""

from importlib import import_module


def register() -> None:
    """Add the panel, the operators, the settings and the preferences."""
    import_module(".registry", __package__).register()


def unregister() -> None:
    """Take everything back, in reverse, and end the engine if it runs."""
    import_module(".registry", __package__).unregister()
