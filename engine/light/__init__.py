"""Light: lamps and daylight traced onto surfaces, lightmaps, and pictures of rooms."""
