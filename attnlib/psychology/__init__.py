"""The psychology of Part I as small models, in NumPy: imported by name, ``from attnlib.psychology.filter import notice_probability``."""
