"""Training, decoding and measuring, for every model: imported by name, ``from attnlib.training.train import train``."""
