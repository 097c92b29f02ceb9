"""Numbers that say how good a set of generated things is, with floors beside them."""
