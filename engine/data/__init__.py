"""Real inputs become what models train on: voxels, datasets, splits."""
