"""System: jobs, workers, devices, the store, versions."""

from idcore.ui.kit import guard
from idcore.ui.system import page

guard.through_app()
page.main()
