"""What the names of checkpoints say of their order."""

import random

import pytest

from idcore.steps import in_order, natural, steps


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["ckpt_1.pt", "ckpt_2.pt", "ckpt_10.pt"], (1, 2, 10)),
        (["resnet18_step100.pt", "resnet18_step20.pt"], (100, 20)),  # not the 18
        (["epoch=0-step=99.ckpt", "epoch=0-step=199.ckpt"], (99, 199)),  # the epoch is the same
        (["checkpoint-500/model.safetensors", "checkpoint-1000/model.safetensors"], (500, 1000)),
        (["ckpt_5.pt", "ckpt_9_best2.pt"], (5, 9)),
        (["ckpt_10.pt", "ckpt_12_b2.pt"], (10, 12)),  # the 1 that both begin with is no part of the name
        (["ckpt_000.pt"], (0,)),
        (["base.pt", "tuned.pt"], None),
        (["base.pt", "tuned2.pt"], None),
        (["a1.pt", "b1.pt"], None),  # two of one step
        ([], None),
    ],
)
def test_the_step_is_the_number_that_tells_the_names_apart(names, told):
    assert steps(names) == told


def test_the_natural_order_is_that_of_the_numbers_whatever_order_they_came_in():
    names = [f"run/ckpt_{i}.pt" for i in range(30)]
    mixed = random.Random(1).sample(names, len(names))
    assert sorted(mixed, key=natural) == names and [mixed[i] for i in in_order(mixed)] == names
    assert sorted(["B10", "a2", "10", "b9", ""], key=natural) == ["", "10", "a2", "b9", "B10"]


def test_names_without_a_step_stay_in_their_order():
    assert in_order(["tuned.pt", "base.pt"]) == [0, 1]
