"""The way to the vendors: what they offer, what it risks, and the one door to them."""
