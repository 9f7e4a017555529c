"""For who teaches with the steps: what to ask, what to show, where students stumble; one for each, in their order."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """minutes: of a lecture of 45."""

    minutes: int
    ask: str
    show: str
    stumble: str


NOTES = (
    Note(
        4,
        "How many numbers say where you are on a road, in a city, in a cave?",
        "Curl the sheet slowly. Then set the noise to 5% and let them explain why TwoNN says 3.",
        "They take the dimension of the space (3) for that of the cloud (2).",
    ),
    Note(
        6,
        "You double the radius of a ball: how much more room is there, in 2 and in 10 dimensions?",
        "Click a dozen points, read out μ; then the line. Clear, and draw a curve: what is its ID? Then scale.",
        "Small μ means high dimension: they expect the reverse. F is a rank, not a probability of the network.",
    ),
    Note(
        4,
        "How many numbers is a digit in d1?",
        "Move the layer from the input to the output; watch the lower row of pictures.",
        "They read distances off the map. It is a shadow: the lower row is the truth.",
    ),
    Note(
        6,
        "Draw the curve before you see it. Who has it flat, falling, rising?",
        "Let one draw at the front. Reveal. Then the digits: no hump. Why not?",
        "They think that the network adds information. It changes what is near.",
    ),
    Note(
        6,
        "The brightness is one number an image. What does it do to nearest neighbours?",
        "Move λ from 0 to 1,000 and watch the point of the input fall. Then compare conv1 with conv2.",
        "They expect the noise to raise the ID. It is one direction, so large that it hides the others.",
    ),
    Note(
        4,
        "What need two images of a 7 not have in common?",
        "Choose layers one by one: the share of the same class goes up, the ID comes down.",
        "They say that clusters cause the low ID. Both are seen, the arrow between them is not.",
    ),
    Note(
        3,
        "Which control shows that the sizes of the layers do not make the hump?",
        "EfficientNet-Lite0, then the digits, then another draw of random weights.",
        "The low ID of the untrained pool: the end of the curve is no sign of learning.",
    ),
    Note(
        4,
        "Can a network be right on all its training labels and know nothing?",
        "By epoch first, then by share. Ask for 50% before you show it: right of half of the new digits, or of none?",
        "A low ID at epoch 5 of the shuffled network: a moment of a training proves nothing.",
    ),
    Note(
        3,
        "If PC-ID and ID differ, is the cloud curved?",
        "The digits: PC-ID, linearised, ID. The flat Gaussian differs from its own PC-ID.",
        "They take any gap for curvature. Clusters and unequal spread make one too.",
    ),
    Note(
        2,
        "Can a network learn without changing what its hidden layer shows?",
        "α from large to small.",
        "Lazy does not mean unlearned: both fit the labels.",
    ),
    Note(
        2,
        "Would you choose a network by its last ID?",
        "Figure 4 of the paper, then the small networks: there it tends the other way: six networks, one seed.",
        "Fourteen networks that differ in everything are no experiment.",
    ),
    Note(
        1,
        "Say in two sentences why it rises and why it falls.",
        "The five questions, by show of hands.",
        "They recite TwoNN. Ask again for the reason.",
    ),
)
