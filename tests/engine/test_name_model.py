"""The name model: what it may speak of, how it shows why, and what becomes of a file that is no model."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import crc32
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import compress, decompress

import pytest

from tutela.engine.classifier import Classified, Classifier
from tutela.engine.errors import InputError, Location
from tutela.engine.name_model import NameModel, grams, kind_of, name_hashes, plain
from tutela.engine.phrases import evidence
from tutela.engine.tables import Column, Table
from tutela.taxonomies import load_taxonomy

FILE = Path(__file__).parents[2] / "policies" / "taxonomy_model.json"
PLACE = Location("t")
SIZE = 1 << 12
TAXONOMY = replace(load_taxonomy(None), model=None)
KNOWN = frozenset({"personal.health.medical_record", "personal.contact.phone"})


def packed(weights: bytes) -> str:
    """Weights as they stand in a file."""
    return b64encode(compress(weights)).decode()


def unpacked(text: str) -> bytes:
    """The weights of a file."""
    return decompress(b64decode(text))


def data(**changes: object) -> dict[str, Any]:
    """A model that takes names with `zorp` for health data, and those with `quib` for phones."""
    personal, weights = bytearray(SIZE), bytearray(2 * SIZE)
    for place, word in enumerate(("zorp", "quib")):
        for feature in name_hashes(word, "text")[0]:
            personal[feature % SIZE] = 100
            weights[feature % SIZE * 2 + place] = 100
    for feature in name_hashes("zorp", "text")[0][-2:]:  # the type says nothing
        personal[feature % SIZE] = 0
    base: dict[str, Any] = {
        "version": 1,
        "least": 0.7,
        "right": [[0.7, 0.6], [0.95, 0.8]],
        "bias": -3.0,
        "scale": 0.02,
        "personal": packed(bytes(personal)),
        "categories": [
            {"category": "personal.health.medical_record", "bias": 0.0, "scale": 0.01},
            {"category": "personal.contact.phone", "bias": 0.0, "scale": 0.01},
        ],
        "weights": packed(bytes(weights)),
    }
    return {**base, **changes}


def model() -> NameModel:
    """The small model."""
    return NameModel.from_data(data(), KNOWN, "model.json")


def classified(
    name: str, comment: str = "", data_type: str = "varchar(32)", tag: str = "", beside: str = "patient_id"
) -> Classified:
    """One column of a table of which only a key is known, under the small model."""
    key = Column(table="t", name=beside, location=PLACE, data_type="bigint")
    column = Column(table="t", name=name, location=PLACE, data_type=data_type, comment=comment, tag=tag)
    table = Table(name="wibble", columns=(column, key), location=PLACE)
    return Classifier(replace(TAXONOMY, model=model())).table(table)[0]


@pytest.mark.parametrize(
    ("name", "category"),
    [("zorp", "personal.health.medical_record"), ("quib", "personal.contact.phone"), ("wobble", None)],
)
def test_it_speaks_of_names_that_it_learned(name: str, category: str | None) -> None:
    """The category with the highest score, and nothing below the threshold."""
    assert classified(name).category == category


def test_what_is_known_of_the_table_counts() -> None:
    """The same column in a table that the model was told of otherwise."""
    alone = model().table("wibble", ["wobble"], [])
    told = crc32(b"clinical", crc32(b"m:")) % SIZE
    weights = bytearray(unpacked(data()["personal"]))
    weights[told] = 127
    learned = NameModel.from_data(data(personal=packed(bytes(weights)), scale=0.1), KNOWN, "model.json")
    clinical = learned.table("wibble", ["wobble"], [("clinical", 0.7)])
    assert (alone.guess("wobble", "text"), clinical.guess("wobble", "text") is None) == (None, False)


def test_guesses_of_health_are_believed_beside_a_patient_only() -> None:
    """In a table that is not of illness, what the model takes for health is mostly something else."""
    assert classified("zorp", beside="order_id").category is None
    assert classified("quib", beside="order_id").category == "personal.contact.phone"


def test_its_evidence_is_shown_like_that_of_a_rule() -> None:
    """The parts of the name that counted most, in both languages, and how often it is right."""
    found = classified("zorp")
    assert found.evidence == ("model: zorp in `zorp`",)
    assert evidence(found.evidence[0]).zh == "模型:`zorp` 中的 zorp"
    assert found.confidence in (0.6, 0.8)
    assert found.sensitive
    assert found.subject_type == "person"


@pytest.mark.parametrize(
    ("column", "why"),
    [
        ({"name": "zorp", "comment": "车间编号"}, "a comment says what it is"),
        ({"name": "zorp", "data_type": "rowversion"}, "the database keeps it up"),
        ({"name": "zorp", "tag": "none"}, "a tag says what it is"),
        ({"name": "zo"}, "too short to say anything"),
    ],
)
def test_it_is_not_asked_where_something_else_speaks(column: dict[str, str], why: str) -> None:
    """Comments, tags and what the database keeps up go before it."""
    assert classified(**column).category is None, why


def test_a_rule_goes_before_it() -> None:
    """What the vocabulary knows is not asked about, whether it was taken or turned down."""
    taken = classified("patient_mobile_zorp_phone")
    assert not any(text.startswith("model") for text in taken.evidence)


def test_it_says_the_same_every_time() -> None:
    """No order and no hash of the process comes in."""
    answers = {(*classified("zorp").evidence, str(classified("zorp").confidence)) for _ in range(3)}
    assert len(answers) == 1
    assert model() == model()


@pytest.mark.parametrize(
    "changes",
    [
        {"personal": "%%%"},
        {"personal": packed(b"")},
        {"weights": packed(bytes(2 * SIZE))[:-8]},
        {"weights": packed(bytes(2 * SIZE + 1))},
        {"categories": []},
        {"categories": [{"category": "personal.unknown", "bias": 0.0, "scale": 0.01}]},
        {"least": "often"},
        {"right": [[0.9, 0.8]]},
        {"scale": None},
    ],
    ids=str,
)
def test_a_file_that_is_no_model_is_one_problem(changes: dict[str, object]) -> None:
    """Whatever is wrong with it, there is one problem at the file."""
    with pytest.raises(InputError) as caught:
        NameModel.from_data(data(**changes), KNOWN, "model.json")
    assert [problem.code for problem in caught.value.problems] == ["taxonomy-model-unreadable"]
    assert caught.value.problems[0].location.file == "model.json"


@pytest.mark.parametrize("bad", [None, [], "text", {}])
def test_other_data_is_one_problem_too(bad: object) -> None:
    """Nothing that is no mapping of weights raises anything else."""
    with pytest.raises(InputError) as caught:
        NameModel.from_data(bad, KNOWN, "model.json")
    assert len(caught.value.problems) == 1


def test_weights_that_unpack_to_very_much_are_refused() -> None:
    """A small file cannot fill the memory."""
    with pytest.raises(InputError):
        NameModel.from_data(data(weights=packed(bytes(1 << 24))), KNOWN, "model.json")


@pytest.mark.parametrize(
    ("data_type", "kind"),
    [
        ("VARCHAR(20)", "text"),
        ("NVARCHAR2(4000 CHAR)", "text"),
        ("timestamp with time zone", "when"),
        ("BIGINT(20) UNSIGNED", "number"),
        ("bit(1)", "number"),
        ("", "?"),
        ("geometry", "other"),
    ],
)
def test_types_are_read_coarsely(data_type: str, kind: str) -> None:
    """What a type says of a column is its kind: a flag is a number in some dialects, and so in all of them."""
    assert kind_of(data_type) == kind


def test_names_are_read_as_pieces() -> None:
    """Lower case, words joined by `_`, numbers as one, ends marked."""
    assert plain("pAddrLine12") == "p_addr_line0"
    assert grams("ab") == ["^ab", "ab$", "^ab$"]


def test_the_shipped_weights_are_small_and_fit_the_taxonomy() -> None:
    """Under 300 kB, and every category is one of the taxonomy."""
    assert FILE.stat().st_size < 300_000
    shipped = NameModel.from_data(json.loads(FILE.read_text(encoding="utf-8")), TAXONOMY.categories, FILE.name)
    assert len(shipped.categories) > 10
