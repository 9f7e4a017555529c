"""Learn: nine steps from what a dimension is to what a network drops."""

from idcore.ui import guard
from idcore.ui.learn.page import page

guard.through_app()
page()
