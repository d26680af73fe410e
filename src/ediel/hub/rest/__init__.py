"""The REST side of the stand-in hub: a local Maskinporten, and the Access API on the same market and clock."""
