"""What comes from outside is read in a process of its own, within limits of memory and time.

`run` and `stream` call a function of ours there: it may read the store and whatever the limits allow, and write nothing
at all. What it keeps (`store.put`) and what it yields goes through a pipe to the process that asked, bit for bit, and
without pickle. A file that takes more than a file of its size may (`limits.Limits`), or that brings its reader down,
ends that process alone and becomes a sentence. The process ends with whoever asked, however that ends.
"""

from idcore.confined.bounds import allow
from idcore.confined.parent import run, stream

__all__ = ["allow", "run", "stream"]
