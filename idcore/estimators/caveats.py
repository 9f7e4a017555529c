"""What an ID does not say, in one sentence each: the same words wherever the app says it."""

BOUND = "Above about 10 an ID is a lower bound: TwoNN reads a cube of 20 dimensions 22 to 26 % low."
"""For N from 500 to 2,000."""
LIPSCHITZ = (
    "A layer is a Lipschitz map: it stretches distances by a bounded factor and cannot raise the true dimension. A "
    "rising estimate speaks of scale and noise: directions too small to matter before now separate neighbours."
)
CURVATURE = "An ID below the linearised one hints at curvature; clusters of classes can make such a gap too."
GENERALISING = "A low ID goes with generalising at the end of training only: early on it is low at chance accuracy too."
