"""What one session may use (`Settings.session_jobs`, `session_upload`, `session_store`); nothing is limited by default.
It keeps people out of each other's way, not ill will out: who opens another tab begins another session."""

import threading
from collections import defaultdict

from idcore.errors import RequestError
from idcore.settings import Settings


class Quota:
    """Counts what sessions use of the store, where that is limited. Safe between threads. A session without a name,
    as that of the command line, has no limits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held: defaultdict[str, int] = defaultdict(int)
        self._guard = threading.Lock()

    def charge(self, session: str, size: int) -> None:
        """A session has put `size` bytes into the store."""
        if session and self._settings.session_store:
            with self._guard:
                self._held[session] += size

    def check_job(self, session: str, jobs: int) -> None:
        """Whether a session of which so many jobs wait or run may ask for one more. Raises RequestError."""
        most = self._settings.session_jobs
        if session and most and jobs >= most:
            raise RequestError(
                f"You have {jobs} jobs that wait or run, and {most} at once is the limit here. Wait until one has "
                "ended, or cancel one."
            )
        self._check_store(session, 0)

    def check_upload(self, session: str, size: int) -> None:
        """Whether a session may upload a file of `size` bytes. Raises RequestError."""
        most = self._settings.session_upload
        if session and most and size > most:
            raise RequestError(f"The file has {_mib(size)}, and {_mib(most)} is the limit here. Send a smaller one.")
        self._check_store(session, size)

    def _check_store(self, session: str, size: int) -> None:
        most, held = self._settings.session_store, self._held.get(session, 0)
        if session and most and held + size > most:
            more = f" and the file has {_mib(size)}" if size else ""
            raise RequestError(
                f"Your uploads and results have taken {_mib(held)} of the store{more}; {_mib(most)} is the share of a "
                "session here. Ask whoever runs this app for more (LAYERSCOPE_SESSION_STORE)."
            )


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
