"""Models that ship: recipes to train them, cards that tell about them, weights to run them."""
