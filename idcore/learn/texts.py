"""The nine steps in words. Each has at most 120 of them, title, question and answer included."""

from dataclasses import dataclass

from idcore.spec import USUAL


@dataclass(frozen=True)
class Step:
    """text: two or three paragraphs. question, answer: unfolded by the reader."""

    title: str
    text: str
    question: str
    answer: str


_HELD = f"{100 * USUAL.variance:g} %"

STEPS = (
    Step(
        "What is a dimension?",
        "On a line, one number says where a point lies. On a sheet it takes two, even when the sheet is rolled up. "
        "The **intrinsic dimension** (ID) of a cloud of points is how many numbers it takes.\n\n"
        "Two ways to estimate it from the points alone: **TwoNN** looks at nearest neighbours; **PC-ID** counts the "
        f"straight directions that hold {_HELD} of the variance. Curl the sheet: it bends but does not stretch.",
        "Why does PC-ID need a third direction for a curled sheet?",
        "PCA can turn its axes but not unroll the sheet. To its nearest neighbours a point is still on a flat sheet: "
        "TwoNN stays near 2.",
    ),
    Step(
        "How TwoNN works",
        "A point has its nearest neighbour at distance r₁ and the next at r₂. In many dimensions there is much more "
        "room just a little farther out, so μ = r₂ / r₁ is close to 1.\n\n"
        "Gather μ from all N points: −log(1 − F) against log μ is a line, and its slope is the ID. F is the share of "
        "points with a smaller μ. The largest stray and are left out.",
        "So is the ID one number?",
        "It is an estimate at a scale: the distance between neighbours, which shrinks as N grows. And above 20 it is a "
        "lower bound: filling so many dimensions takes more points than we have.",
    ),
    Step(
        "A network as a chain of clouds",
        "Show 1,000 digits to a network. In each layer a digit becomes a list of numbers, one for each unit: a point. "
        "So each layer holds a cloud of 1,000 points, and the network is a chain of clouds.\n\n"
        "Follow ten digits from the pixels to the output. The map is a flat shadow of the cloud; the lower row shows "
        "the true nearest neighbour of each digit in that layer.",
        "Where do the classes come apart?",
        "Step by step. Neighbours mostly agree in class from the start; the groups drift apart on the way to the "
        "output. A flat map cannot show all of it: distances on it are only a hint.",
    ),
    Step(
        "The hunchback",
        "How does the ID change from the first layer to the last? Choose the curve that you expect, or draw your own. "
        "Then reveal the measured one.\n\n"
        "VGG-16 sees photographs; its values are those published in 2019. The small network sees handwritten digits "
        "and is measured on this machine. Does it have the hunch too?",
        "Can a layer create dimensions?",
        "No. A layer is a Lipschitz map: it stretches distances by a bounded factor, and that cannot raise the true "
        "dimension. Where the estimate rises, the scale has changed: directions too small to matter before, or noise, "
        "now separate neighbours.",
    ),
    Step(
        "Is it just PCA?",
        "If a layer's cloud filled a flat space, PC-ID and ID would agree. Here the PC-ID is several times the ID as "
        "far as pool2. At the output it is lower: it ignores some of the variance.\n\n"
        "The **linearised** ID is a second check: TwoNN on a Gaussian cloud with the same covariance. It has the same "
        "spread in every direction, but no curvature. Where it lies above the ID, spread alone does not explain the "
        "ID.",
        "What does the gap say?",
        "That the points lie near a curved surface, of few dimensions but bent through many directions. A count of "
        "straight directions misses that. It also depends on the share: move the slider.",
    ),
    Step(
        "Is it just the architecture?",
        "Give the same network random weights and show it the same digits. Every layer has the same size and the same "
        "place; only the learning is missing.\n\n"
        "Without training the ID stays near that of the input, between 11 and 14, until the narrow output. Draw other "
        "random weights: single layers move by one or two, and none comes down to the trained d1.",
        "Do narrow layers explain the low ID of a trained network?",
        "Not by themselves: layer d1 has 128 units in both networks, yet its ID is low only after training. The output "
        "has ten units, so there both are low.",
    ),
    Step(
        "Is it just the fitting?",
        "Permute the training labels: there is nothing left to understand, only to learn by heart. The network still "
        "gets every training image right.\n\n"
        "The slider sets the share of permuted labels. The networks for 0 and 1 are shipped; those between have to be "
        "trained, which takes a minute or two each.",
        "What is the difference in the end?",
        "All fit their training data perfectly. The more labels are permuted, the higher the ID of the last hidden "
        "layer, and the fewer new digits are right. A low ID goes with generalising, not with fitting. This is one "
        "network and one seed: try others on Compare.",
    ),
    Step(
        "What does it predict?",
        "Among fourteen networks trained on ImageNet, those with a lower ID in the last hidden layer made fewer errors "
        "on new images.\n\n"
        "Does that hold for small networks too? Train some of different width and compare: all learn from the same "
        "digits, and each is tested on new ones.",
        "What does it not show?",
        "That a low ID causes good results. The fourteen networks also differ in depth, size and family. A narrow "
        "layer has a low ID by its width alone: among small networks the order can be the reverse. One number of one "
        "layer is no test of a network.",
    ),
    Step(
        "Irrelevant variation",
        "Add a random brightness to each image, up to λ = 10 times a digit's contrast. This one direction, "
        "which tells nothing, holds 99 % of the variance: the PC-ID of the input falls from 78 to 1.\n\n"
        "An untrained network hands the brightness on. One that learns from such images has to drop it. Train it: "
        "where does the PC-ID come back?",
        "Why does the ID of the input hardly change?",
        "Nearest neighbours are alike in brightness and differ by shape. A larger λ separates them by brightness too: "
        "at the paper's λ = 100 the ID starts at 3 and rises to 8. No dimension is created: without brightness the "
        "points are seen at another scale.",
    ),
)

MOST_WORDS = 120


def words(step: Step) -> int:
    """How many words a step has."""
    return len(" ".join((step.title, step.text, step.question, step.answer)).split())
