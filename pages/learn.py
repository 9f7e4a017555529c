"""Learn: twelve steps from what a dimension is to what a network drops."""

from idcore.ui.kit import guard
from idcore.ui.learn import page

guard.through_app()
page.main()
