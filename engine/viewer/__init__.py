"""The page that shows a museum: its sources, how they are built, served and exported."""
