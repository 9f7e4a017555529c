"""The page Learn: `page` is its frame, the other modules are its steps."""
