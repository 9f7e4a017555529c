"""What the page Learn teaches with: clouds of a known dimension and the texts of its twelve steps. No torch."""
