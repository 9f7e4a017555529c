"""Formats of files from outside, read without running anything of them: what both weights and matrices come in."""
