"""The tests. Folders mirror the rooms of the package; ``support`` is what they share."""
