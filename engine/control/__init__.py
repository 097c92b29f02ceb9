"""Steering a trained model: variations, paths, named directions, inversion, completion."""
