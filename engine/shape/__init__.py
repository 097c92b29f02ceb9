"""From a field to a surface: clean voxels, palettes, merged quads, fitted armatures."""
