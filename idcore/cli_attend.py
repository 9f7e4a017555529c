"""`python -m idcore attend`."""

import argparse

from idcore import cli_notes, cli_request
from idcore.cli_files import take_in
from idcore.cli_output import Notes, formatted, to_stderr, write
from idcore.settings import settings
from idcore.spec import LookJob, to_json
from idcore.store import shared


def attend(arguments: argparse.Namespace) -> None:
    """Write a row for each way to see where a network looks on one sample, with the score of its map and those of the
    two baselines. Raises RequestError."""
    store, notes = shared(str(arguments.cache or settings().cache), settings().store_limit), Notes()
    take_in(arguments, store, to_stderr())
    notes.add(cli_notes.of_data(arguments.data, store))
    request = cli_request.request(arguments, store)

    from idcore.pipeline.attend import attend as look  # torch: seconds, so only once the request is right

    found = look(LookJob(request, arguments.sample, arguments.explain), store, to_stderr())
    rows = [
        {
            "method": row.method,
            "area": row.area,
            "spread": row.spread or None,
            "after_a_tenth": row.after(0.1),
            "after_a_third": row.after(1 / 3),
            "does_not_beat": "; ".join(found.loses(row)) or None,
        }
        for row in found.rows
    ]
    notes.add(
        [
            f"Sample {found.id}: output {found.target} has the probability {found.probabilities[found.target]:.3f}; "
            "area is its mean while the patches are deleted, the highest scores first: the lower, the better the map "
            "names what the network uses. Its spread is the standard deviation over random orders; what beats chance "
            "lies two of them below. One sample is an anecdote."
        ]
    )
    notes.add(found.notes)
    maps = {row.method: row.scores.tolist() for row in found.rows if row.scores is not None}
    about = {"request": to_json(request), "sample": found.id, "label": found.label, "output": found.target}
    write(formatted(rows, notes, arguments.format, {**about, "maps": maps}))
