"""Blender may hang when its interpreter ends, so its tests run in a child (see test_blender.py)."""

import os

INSIDE = "VERNISSAGE_INSIDE_BLENDER"

collect_ignore_glob = [] if os.environ.get(INSIDE) else ["inside"]
