"""Compare: any number of networks side by side, the same axes and colours."""

from idcore.ui.compare import page
from idcore.ui.kit import guard

guard.through_app()
page.main()
