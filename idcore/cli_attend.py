"""`python -m idcore attend`."""

import argparse

from idcore import cli_groups, cli_notes, cli_request
from idcore.cli_files import take_in
from idcore.cli_output import Notes, formatted, to_stderr, write
from idcore.spec import LookJob, to_json


def arguments_of(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(protocol="pooled", reduce=None, factory=None)
    parser.add_argument("--sample", type=int, default=0, help="its place among the samples (default: 0)")
    parser.add_argument("--explain", type=int, help="the output that is explained, from 0 on (default: the largest)")
    parser.add_argument("--format", choices=cli_groups.FORMATS, default="table")
    cli_groups.network(parser)
    cli_groups.data(parser)


def attend(arguments: argparse.Namespace) -> None:
    """Write a row for each way to see where a network looks on one sample, with the score of its map and those of the
    two baselines. Raises RequestError."""
    store, notes = cli_request.store_of(arguments), Notes()
    take_in(arguments, store, to_stderr())
    notes.add(cli_notes.of_data(arguments.data, store))
    request = cli_request.request(arguments, store)

    from idcore.pipeline.attend import attend as look  # torch: seconds, so only once the request is right

    seen = look(LookJob(request, arguments.sample, arguments.explain), store, to_stderr())
    rows = [
        {
            "method": row.method,
            "area": row.area,
            "spread": row.spread or None,
            "after_a_tenth": row.after(0.1),
            "after_a_third": row.after(1 / 3),
            "does_not_beat": "; ".join(seen.loses(row)) or None,
        }
        for row in seen.rows
    ]
    notes.add(
        [
            f"Sample {seen.id}: output {seen.target} has the probability {seen.probabilities[seen.target]:.3f}; "
            "area is its mean while the patches are deleted, the highest scores first: the lower, the better the map "
            "names what the network uses. Its spread is the standard deviation over random orders; what beats chance "
            "lies two of them below. One sample is an anecdote."
        ]
    )
    notes.add(seen.notes)
    maps = {row.method: row.scores.tolist() for row in seen.rows if row.scores is not None}
    about = {"request": to_json(request), "sample": seen.id, "label": seen.label, "output": seen.target}
    write(formatted(rows, notes, arguments.format, {**about, "maps": maps}))
