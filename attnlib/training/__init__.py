"""Training, decoding and measuring, for every model of the book: imported by name, ``from attnlib.training.train import train``."""
