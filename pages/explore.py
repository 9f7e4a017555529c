"""Explore: choose, run and read one network."""

from idcore.ui.explore import page
from idcore.ui.kit import guard

guard.through_app()
page.main()
