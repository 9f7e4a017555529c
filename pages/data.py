"""Data: what is here, and what a person brings along."""

from idcore.ui.data import page
from idcore.ui.kit import guard

guard.through_app()
page.main()
