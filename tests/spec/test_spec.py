import ast
import json
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcore import cli, cli_request, spec
from idcore.command import command_line, csv_line, csv_names, network_flags, python_code
from idcore.errors import RequestError
from idcore.spec import (
    ELSEWHERE,
    Architecture,
    DataSpec,
    FromFile,
    NetworkSpec,
    Pretrained,
    ProfileJob,
    Reading,
    ReadJob,
    Recipe,
    Request,
    Untrained,
    canonical,
    from_json,
    key,
    layer_key,
)

seeds = st.integers(0, 2**31 - 1)
fractions = st.floats(0, 1)
positive = st.floats(0, 1000)
sizes = st.none() | st.integers(1, 1024)
data = st.builds(
    DataSpec,
    dataset=st.sampled_from(["digits", "mnist5k", "folder-cats and dogs", "upload-" + "a" * 64]),
    split=st.sampled_from(["train", "test", "all"]),
    classes=st.none() | st.sets(st.integers(0, 9), min_size=1).map(tuple),
    n=st.integers(1, 5000),
    seed=seeds,
    gradient=positive,
    noise=st.floats(0, 10),
    pixels=st.sampled_from(["plain", "permuted", "noise"]),
)
named = st.sampled_from(["cnn", "resnet18", "vit_b_16", "timm:resnet10t", "hf:google/vit-base-patch16-224"])
architectures = named.map(Architecture) | st.builds(
    Architecture, name=st.just("mlp"), width=st.integers(2, 4096), depth=st.integers(1, 20)
)
recipes = st.builds(
    lambda **fields: Recipe(**fields, warmup=min(25, fields["epochs"] - 1) if fields["gradient"] > 1 else 0),
    dataset=st.sampled_from(["digits", "mnist5k"]),
    gradient=positive,
    shuffled=fractions,
    optimiser=st.sampled_from(["adam", "sgd"]),
    learning_rate=st.floats(1e-8, 10),
    batch_size=st.integers(1, 512),
    epochs=st.integers(1, 300),
    target=fractions,
    seed=seeds,
    size=sizes,
)
pretrained = st.sampled_from(["DEFAULT", "IMAGENET1K_V1"]).map(Pretrained)
files = st.binary(min_size=32, max_size=32).map(lambda digest: FromFile(digest.hex()))
weights = st.builds(Untrained, seed=seeds) | recipes | pretrained | files
networks = st.builds(NetworkSpec, architecture=architectures, weights=weights) | st.just(ELSEWHERE)
requests = st.builds(
    Request,
    data=data,
    network=networks,
    reduce=st.sampled_from(["flatten", "mean", "cls"]),
    size=sizes,
    normalise=st.sampled_from(["usual", "imagenet", "none"]),
)

parser = cli.parser()


@given(requests)
def test_a_request_survives_its_canonical_json(request):
    assert from_json(json.loads(canonical(request))) == request


@given(requests)
def test_the_command_line_of_a_request_names_that_request(request):
    arguments = parser.parse_args(shlex.split(command_line(request))[3:])
    assert cli_request.request(arguments) == request


@given(requests)
def test_the_train_command_of_a_network_names_that_network(request):
    if not isinstance(request.network.weights, Recipe):
        return
    arguments = parser.parse_args(["train", *network_flags(request.network)])
    assert cli_request.network(arguments) == request.network


@given(requests)
def test_the_python_of_a_request_names_that_request(request):
    namespace: dict[str, object] = {}
    lines = [line for line in python_code(request).splitlines() if not line.startswith("print")]
    exec("\n".join(lines), namespace)
    assert namespace["request"] == request


def test_a_field_that_came_later_leaves_the_keys_of_earlier_requests_as_they_were():
    assert '"noise"' not in canonical(Request()) and '"noise":0.5' in canonical(Request(DataSpec(noise=0.5)))


def test_the_command_line_takes_what_is_usual_for_a_network():
    arguments = parser.parse_args(["profile", "--network", "vit_b_16"])
    found = cli_request.request(arguments)
    assert (found.network.weights, found.reduce) == (Pretrained("IMAGENET1K_V1"), "cls")
    assert cli_request.request(parser.parse_args(["profile"])) == Request()


def test_a_whole_number_and_the_same_float_name_the_same_result():
    assert key("run", DataSpec(gradient=1)) == key("run", DataSpec(gradient=1.0))


def test_the_order_of_classes_does_not_change_the_key():
    assert key("run", DataSpec(classes=(3, 1, 3))) == key("run", DataSpec(classes=(1, 3)))


def test_every_field_that_changes_a_number_changes_the_key():
    variants = [
        Request(),
        Request(data=DataSpec(n=999)),
        Request(data=DataSpec(seed=1)),
        Request(data=DataSpec(gradient=1)),
        Request(network=NetworkSpec(weights=Untrained())),
        Request(network=NetworkSpec(weights=Recipe(shuffled=1))),
        Request(network=NetworkSpec(Architecture("mlp"))),
        Request(reduce="mean"),
        Request(size=32),
        Request(normalise="none"),
        Request(data=DataSpec(noise=0.1)),
        Request(data=DataSpec(pixels="permuted")),
        Request(network=NetworkSpec(weights=Recipe(size=32))),
        Request(network=NetworkSpec(weights=Recipe(gradient=10))),
        Request(network=NetworkSpec(weights=Recipe(gradient=10, warmup=5))),
        Request(network=NetworkSpec(weights=Pretrained())),
        Request(network=NetworkSpec(weights=FromFile("a" * 64))),
        Request(network=ELSEWHERE),
    ]
    assert len({layer_key(request, "conv1") for request in variants}) == len(variants)


def test_the_key_of_the_default_request_is_the_same_on_every_machine():
    assert layer_key(Request(), "conv1") == "f3637622d96493462254273a4b476732e3cb1f2d56dd88a71c71220408cbcdb2"


def test_regimes_follow_from_the_weights():
    weights = (Untrained(), Recipe(), Recipe(shuffled=0.3), Pretrained(), FromFile("a" * 64))
    assert [NetworkSpec(weights=w).regime for w in weights] == [
        *("untrained", "trained", "shuffled", "pretrained", "pretrained")
    ]
    assert ELSEWHERE.regime == "elsewhere"


def test_of_weights_that_were_handed_in_nothing_more_is_told():
    theirs = NetworkSpec(Architecture("factory:mine"), FromFile("a" * 64))
    found = (NetworkSpec(weights=FromFile("a" * 64)), theirs, NetworkSpec(weights=Pretrained()), NetworkSpec())
    assert [network.told for network in found] == ["given", "given", "pretrained", "trained"]


BAD = [
    (lambda: DataSpec(n=-1), "N must be a whole number from 1 to 100000, not -1"),
    (lambda: DataSpec(n=10**9), "100000"),
    (lambda: DataSpec(n=True), "whole number"),
    (lambda: DataSpec(n=3.5), "3.5"),
    (lambda: DataSpec(split="both"), "'both'"),
    (lambda: DataSpec(classes=()), "at least one class"),
    (lambda: DataSpec(gradient=float("nan")), "nan"),
    (lambda: Architecture("mlp", width=1), "from 2 to 4096, not 1"),
    (lambda: Architecture("cnn", width=64), "mlp only"),
    (lambda: Recipe(shuffled=1.5), "from 0 to 1, not 1.5"),
    (lambda: Recipe(optimiser="adamw"), "'adamw'"),
    (lambda: Recipe(learning_rate=float("inf")), "inf"),
    (lambda: Recipe(gradient=100, warmup=200), "from 0 to 199, not 200"),
    (lambda: Recipe(gradient=1, warmup=10), "lambda grows from 1: it must be above that, not 1."),
    (lambda: Untrained(seed=-1), "-1"),
    (lambda: DataSpec(noise=-1), "from 0 to 10, not -1"),
    (lambda: DataSpec(pixels="blurred"), "'blurred'"),
    (lambda: Reading(1), "at least 0 and less than 1, not 1."),
    (lambda: Reading(-0.1), "not -0.1"),
    (lambda: Reading(float("nan")), "not nan"),
    (lambda: Reading("x"), "not 'x'"),
    (lambda: Reading(10**400), "discarded fraction"),
    (lambda: Reading(variance=0), "more than 0 and at most 1, not 0."),
    (lambda: Reading(variance=2.0), "not 2.0"),
    (lambda: DataSpec("x" * 300), "1 to 200 characters"),
    (lambda: Request(size=0), "from 1 to 1024, not 0"),
    (lambda: Request(normalise="mine"), "'mine'"),
    (lambda: FromFile("../../etc/passwd"), "64 hexadecimal digits"),
    (lambda: ReadJob("images", "holiday.zip"), "64 hexadecimal digits"),
    (lambda: ReadJob("music", "a" * 64), "'music'"),
    (lambda: from_json({"type": "Shell", "command": "x"}), "'Shell'"),
    (lambda: from_json({"type": "Untrained", "sneed": 1}), "sneed"),
]


@pytest.mark.parametrize("make, part", BAD)
def test_a_bad_value_is_refused_with_the_value_and_the_limit(make, part):
    with pytest.raises(RequestError, match="."):
        make()
    try:
        make()
    except RequestError as error:
        assert part in str(error) and str(error).endswith(".")


def test_the_usual_reading_stands_in_one_place():
    """Elsewhere a fraction that is discarded or a share of the variance has no number of its own but 0, which leaves
    nothing out."""
    for path in sorted(Path(spec.__file__).parents[1].rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                arguments = [*node.args.args, *node.args.kwonlyargs]
                defaults = [None] * (len(node.args.args) - len(node.args.defaults)) + node.args.defaults
                for argument, default in zip(arguments, [*defaults, *node.args.kw_defaults], strict=True):
                    own = argument.arg in ("discard", "variance") and isinstance(default, ast.Constant)
                    assert not own or not default.value, f"{path}: {node.name}({argument.arg}={default.value})"


def test_a_job_is_named_by_what_it_computes():
    assert key("job", ProfileJob(Request())) == key("job", ProfileJob(Request(), "checkpoints"))
    assert key("job", ProfileJob(Request())) != key("job", ProfileJob(Request(), ("conv1",)))


@pytest.mark.parametrize("names", [("fc1",), ("a,b", "c"), ("layer1.0", 'the "second"', "")])
def test_a_list_of_layers_comes_back_from_the_command_line_whatever_they_are_called(names):
    assert csv_names(csv_line(names)) == names
