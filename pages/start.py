"""Start: the shape of what a network knows, at first sight."""

from idcore.ui.kit import guard
from idcore.ui.start import page

guard.through_app()
page.main()
