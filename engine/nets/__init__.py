"""Layers and networks that models share."""
