"""Train: watch a network learn."""

from idcore.ui.kit import guard
from idcore.ui.train import page

guard.through_app()
page.main()
