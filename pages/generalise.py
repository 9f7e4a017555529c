"""Generalise: why networks with more weights than samples do well on new ones."""

from idcore.ui.generalise import page
from idcore.ui.kit import guard

guard.through_app()
page.main()
