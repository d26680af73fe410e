"""A small backend of a balance supplier: web orders, billing, consumption, and access to what others' customers use.

Take it as a start of your own. ``backend`` puts it together, ``web`` is what the shop calls, ``handlers`` is what
happens when Elhub has answered, ``worker`` carries the messages.
"""
