"""Finished things: assets, the GLB writer, previews, contact sheets and provenance."""
