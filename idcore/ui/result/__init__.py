"""What more than one page shows of a measured network: its layers, its map, its samples."""
