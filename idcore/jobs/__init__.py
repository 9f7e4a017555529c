"""Jobs in worker processes of their own: submit, progress, cancel. The store is the only channel between a job and
whoever watches it. Importing this imports neither torch nor distributed."""

from idcore.jobs.client import Jobs, get_jobs
from idcore.jobs.status import ACTIVE, Status

__all__ = ["ACTIVE", "Jobs", "Status", "get_jobs"]
