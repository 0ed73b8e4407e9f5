"""What is trained, in torch. Layers call the formulas of ``attnlib``; imported by name."""
