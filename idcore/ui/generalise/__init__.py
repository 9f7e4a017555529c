"""The page Generalise."""
