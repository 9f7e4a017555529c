"""Paper: each figure of Ansuini et al. 2019, as published and as it comes out here."""

from idcore.ui.kit import guard
from idcore.ui.paper import page

guard.through_app()
page.main()
