"""What a network looks for and where it looks: inputs that excite a unit, attention, maps over an image. Torch."""
