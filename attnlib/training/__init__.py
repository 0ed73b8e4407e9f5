"""Training, decoding and measuring any model of the book, imported by name: ``attnlib.training.train``."""
