"""The psychology of Part I as small models, imported by name: ``from attnlib.psychology.filter import spill_over``."""
