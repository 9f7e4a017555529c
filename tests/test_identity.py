"""What a row of numbers says it is about tells it from every other."""

from dataclasses import replace

from idcore.identity import caption, identity
from idcore.spec import (
    Architecture,
    DataSpec,
    FromFile,
    NetworkSpec,
    Pretrained,
    Recipe,
    Request,
    Untrained,
)

USUAL = Request()
OTHERS = [
    *(
        replace(USUAL, data=data)
        for data in (
            DataSpec("digits"), DataSpec(split="train"), DataSpec(seed=1), DataSpec(classes=(1, 3)),
            DataSpec(classes=(1,)), DataSpec(noise=0.5), DataSpec(gradient=10), DataSpec(pixels="permuted"),
            DataSpec(tokens="blocks"), DataSpec(length=64),
        )
    ),
    *(
        replace(USUAL, network=NetworkSpec(weights=weights))
        for weights in (
            Untrained(), Untrained(1), Pretrained(), FromFile("a" * 64), Recipe("digits"), Recipe(seed=1),
            Recipe(shuffled=1), Recipe(shuffled=0.25), Recipe(epochs=3), Recipe(gradient=10), Recipe(batch_size=1),
        )
    ),
    replace(USUAL, network=NetworkSpec(Architecture("mlp"))),
    replace(USUAL, network=NetworkSpec(Architecture("mlp", 16))),
    replace(USUAL, size=32),
    *(replace(USUAL, normalise=one) for one in ("imagenet", "none")),
    *(replace(USUAL, reduce=one) for one in ("mean", "cls", "last")),
]  # fmt: skip


def test_requests_that_give_other_numbers_have_other_rows_and_other_captions():
    every = [USUAL, *OTHERS]
    assert len({tuple(identity(one).values()) for one in every}) == len(every)
    assert len({caption([one]) for one in every}) == len(every)


def test_what_is_usual_is_not_said():
    assert identity(USUAL)["conditions"] == ""
    lit = Request(DataSpec(gradient=10.0), NetworkSpec(weights=Recipe(gradient=10.0)))
    assert identity(lit)["conditions"] == "luminance gradient λ = 10"
