"""Why networks with more weights than samples generalise: random features, widths, lazy and rich training. Torch."""
