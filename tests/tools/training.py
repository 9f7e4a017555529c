"""A whole training at once, as `networks.weights` drives it step by step."""

from idcore.networks.train import begin, end, go_on


def train(module, recipe, samples, held_out, *watching, **options):
    """Train the module in place; returns its history, as `go_on` says."""
    learner = begin(module, recipe)
    try:
        for _ in go_on(learner, samples, held_out, *watching, **options):
            pass
    finally:
        end(learner)
    return tuple(learner.history)
