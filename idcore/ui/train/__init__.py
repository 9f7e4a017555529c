"""The page Train: choose a training, watch it learn."""
