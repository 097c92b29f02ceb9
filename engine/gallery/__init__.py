"""Building a planned museum: geometry, textures, labels, works, and the folder that holds them."""
