"""What an ID does not say, in one sentence each: the same words wherever the app says it."""

LOWER_BOUND = 10.0
"""IDs above this are lower bounds at usual N: the number of points needed grows exponentially with the dimension."""
BOUND = f"Above about {LOWER_BOUND:g} an ID is a lower bound: TwoNN reads a cube of 20 dimensions 22 to 26% low."
"""For N from 500 to 2,000."""
LIPSCHITZ = (
    "A layer is a Lipschitz map: it stretches distances by a bounded factor and cannot raise the true dimension. A "
    "rising estimate speaks of scale and noise: directions too small to matter before now separate neighbours."
)
CURVATURE = "An ID below the linearised one hints at curvature; clusters of classes can make such a gap too."
GENERALISING = "A low ID goes with generalising at the end of training only: early on it is low at chance accuracy too."


def at_least(id: float, digits: int = 0) -> str:
    """An ID within a sentence: "at least 119" where it is a lower bound, with one digit more where it is none."""
    return f"at least {id:.{digits}f}" if id > LOWER_BOUND else f"{id:.{max(digits, 1)}f}"
