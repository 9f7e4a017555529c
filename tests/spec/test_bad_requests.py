"""Requests from outside: whatever JSON comes in, a request comes out or a sentence, never a traceback."""

import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idcore import spec
from idcore.errors import RequestError
from idcore.spec import (
    Architecture,
    DataSpec,
    EmbedJob,
    FromFile,
    NetworkSpec,
    Pretrained,
    ProfileJob,
    ReadJob,
    Recipe,
    Representations,
    Request,
    TrainJob,
    Untrained,
    canonical,
    from_json,
    to_json,
)

HUGE = "x" * 10**6
DIGEST = "a" * 64
GOOD = [
    DataSpec(classes=(1, 2)),
    Architecture("mlp"),
    Untrained(),
    Pretrained(),
    FromFile(DIGEST),
    Representations(),
    Recipe(),
    NetworkSpec(),
    Request(),
    ProfileJob(Request(), ("a", "b")),
    TrainJob(NetworkSpec()),
    EmbedJob(Request(), ("a",)),
    ReadJob("weights", DIGEST, Architecture()),
]
"""One of each kind."""
FIELDS = [(good, f.name) for good in GOOD for f in dataclasses.fields(good)]
WRONG = {
    "a list": [1, 2],
    "a list of lists": [[1], ["a"], [[None]]],
    "an empty list": [],
    "a mixed list": [1, "a", None, {}],
    "a dictionary": {"a": 1},
    "a nested dictionary": {"a": {"b": {"c": []}}},
    "another kind": {"type": "Untrained"},
    "an unknown kind": {"type": "Shell"},
    "a kind that is a list": {"type": ["Request"]},
    "a kind that is a dictionary": {"type": {"type": "Request"}},
    "true": True,
    "a negative number": -1,
    "10^9": 10**9,
    "10^400": 10**400,
    "10^5000": 10**5000,
    "a fraction": 2.5,
    "NaN": math.nan,
    "infinity": math.inf,
    "an empty text": "",
    "text": "<script>alert(1)</script>",
    "a huge text": HUGE,
    "text with zero bytes": "a\x00b",
    "a lone surrogate": "\ud800",
}
REFUSED = [  # (what, JSON, part of the sentence)
    ("n = -1", {"type": "DataSpec", "n": -1}, "N must be a whole number from 1 to 100000, not -1"),
    ("n = 10^9", {"type": "DataSpec", "n": 10**9}, "not 1000000000"),
    ("n = 10^5000", {"type": "DataSpec", "n": 10**5000}, "N must be a whole number from 1 to 100000"),
    ("n = NaN", {"type": "DataSpec", "n": math.nan}, "not nan"),
    ("n = true", {"type": "DataSpec", "n": True}, "not True"),
    ("n = '10'", {"type": "DataSpec", "n": "10"}, "not '10'"),
    ("noise = NaN", {"type": "DataSpec", "noise": math.nan}, "The noise must be a number from 0 to 10, not nan"),
    ("noise = 10^400", {"type": "DataSpec", "noise": 10**400}, "The noise must be a number"),
    ("classes as text", {"type": "DataSpec", "classes": "012"}, "The choice of classes must be"),
    ("classes as a number", {"type": "DataSpec", "classes": 3}, "The choice of classes must be"),
    ("classes within classes", {"type": "DataSpec", "classes": [[1], [2]]}, "A class must be a whole number"),
    ("classes of several types", {"type": "DataSpec", "classes": [1, "a"]}, "A class must be a whole number"),
    ("truth values as classes", {"type": "DataSpec", "classes": [True]}, "A class must be a whole number"),
    ("no classes", {"type": "DataSpec", "classes": []}, "at least one class"),
    ("a name of 10^6 characters", {"type": "DataSpec", "dataset": HUGE}, "1 to 200 characters"),
    ("a name that is a list", {"type": "Architecture", "name": ["cnn"]}, "1 to 200 characters"),
    ("a split of 10^6 characters", {"type": "DataSpec", "split": HUGE}, "The split must be one of train, test, all"),
    ("an unknown field", {"type": "Untrained", "seed": 1, "command": "x"}, "Untrained has no field 'command'"),
    ("a field called self", {"type": "Untrained", "self": 1}, "no field 'self'"),
    ("a dunder as a field", {"type": "Untrained", "__class__": 1}, "no field '__class__'"),
    ("a field of 10^6 characters", {"type": "Untrained", HUGE: 1}, "has no field"),
    ("a field that is missing", {"type": "FromFile"}, "FromFile needs the field 'digest'"),
    ("an unknown kind", {"type": "Shell"}, "Unknown kind of request: 'Shell'"),
    ("a kind of Python", {"type": "object"}, "Unknown kind"),
    ("a kind that is no text", {"type": {}}, "Unknown kind"),
    ("a path in place of a digest", {"type": "FromFile", "digest": "../../etc/passwd"}, "64 hexadecimal digits"),
    ("a digest in capitals", {"type": "FromFile", "digest": "A" * 64}, "64 hexadecimal digits"),
    ("a network as text", {"type": "NetworkSpec", "architecture": "cnn"}, "must be of the kind Architecture"),
    ("weights of the wrong kind", {"type": "NetworkSpec", "weights": {"type": "DataSpec"}}, "The weights of a network"),
    ("a request without data", {"type": "Request", "data": None}, "The data of a request must be of the kind DataSpec"),
    ("an algorithm of NaN", {"type": "Request", "algorithm": math.nan}, "version of the algorithm"),
    ("a job about text", {"type": "ProfileJob", "request": "x"}, "must be of the kind Request"),
    ("layers of numbers", {"type": "ProfileJob", "request": {"type": "Request"}, "layers": [1]}, "chosen by its name"),
    ("layers as a word", {"type": "ProfileJob", "request": {"type": "Request"}, "layers": "fc"}, "checkpoints, all"),
    ("download = 1", {"type": "ReadJob", "what": "dataset", "name": "a", "download": 1}, "download must be"),
]


def nested(depth: int) -> object:
    value: object = {"type": "Architecture"}
    for _ in range(depth):
        value = {"type": "NetworkSpec", "architecture": value}
    return value


@pytest.mark.parametrize(("value", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_crafted_request_is_refused_in_a_sentence(value, says):
    with pytest.raises(RequestError) as caught:
        from_json(value)
    assert says in str(caught.value) and str(caught.value).endswith(".") and len(str(caught.value)) < 400


@pytest.mark.parametrize("depth", [20, 5000])
def test_a_request_nested_without_end_is_refused(depth):
    with pytest.raises(RequestError, match="nested more deeply"):
        from_json(nested(depth))


@pytest.mark.parametrize(("good", "name"), FIELDS, ids=[f"{type(g).__name__}.{n}" for g, n in FIELDS])
def test_any_value_in_any_field_gives_a_request_or_a_sentence(good, name):
    for wrong in WRONG.values():
        try:
            found = from_json({**to_json(good), name: wrong})
        except RequestError as error:
            assert str(error).endswith(".") and len(str(error)) < 400
            continue
        hash(found)
        assert from_json(json.loads(canonical(found))) == found
        assert len(spec.key("job", found)) == 64


@pytest.mark.parametrize("good", GOOD, ids=lambda good: type(good).__name__)
def test_what_is_refused_from_json_is_refused_from_python(good):
    for f in dataclasses.fields(good):
        for wrong in ({"a": 1}, [[1]], 10**400, math.nan, object()):
            with pytest.raises(RequestError):
                dataclasses.replace(good, **{f.name: wrong})


@pytest.mark.parametrize("good", GOOD, ids=lambda good: type(good).__name__)
def test_each_kind_survives_its_json(good):
    assert from_json(json.loads(json.dumps(to_json(good)))) == good


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["cnn", "all"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just("type"), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def crafted(draw):
    good = draw(st.sampled_from(GOOD))
    names = [f.name for f in dataclasses.fields(good)]
    changes = draw(st.dictionaries(st.sampled_from([*names, "type", "extra"]), json_values, min_size=1, max_size=3))
    return {**to_json(good), **changes}


@settings(max_examples=300, deadline=None)
@given(crafted() | json_values)
def test_no_json_does_more_than_be_refused(value):
    try:
        found = from_json(value)
    except RequestError as error:
        assert str(error).endswith(".")
        return
    if dataclasses.is_dataclass(found):
        assert from_json(to_json(found)) == found
