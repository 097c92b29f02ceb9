"""Museums: rooms, works and routes as data; planned, checked and drawn without a 3D engine."""
