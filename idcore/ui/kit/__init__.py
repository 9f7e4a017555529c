"""What all pages are made of. It imports no page."""
