"""Trains the name model, or tells how good it is on schemas that it was not trained on.

`python -m benchmarks.name_model --clones DIR --write` writes `policies/taxonomy_model.json` from bare clones
`DIR/owner+name` of the repositories of `name_model_labels.json`; without `--write` every labelled schema is left out in
turn, and the figures of the rules and of rules and model together are printed. Needs `.[train]`.
"""

from __future__ import annotations

import argparse
import json
from base64 import b64encode
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zlib import compress

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from tutela.engine.name_model import kind_of, name_hashes, table_hashes

from .classify_labels import ROOT
from .name_model_rows import Example, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILE: Final = ROOT / "policies" / "taxonomy_model.json"
PERSONAL_SIZE: Final = 1 << 15
CATEGORY_SIZE: Final = 1 << 12
LEAST: Final = 0.85
RIGHT: Final = ((0.85, 0.6), (0.9, 0.75))
"""From which probability on an answer was right how often, on schemas that neither it nor the rules had seen."""
COMMON: Final = 100
"""A category with fewer examples is learned as its commonest neighbour."""
GROUPS: Final = 6
SURE: Final = 2.0
"""The weight of a label of which its reader was sure."""


class Data(NamedTuple):
    """Examples by column."""

    examples: list[Example]
    labels: Any
    weights: Any
    sources: Any


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and write or tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.name_model", description=__doc__)
    parser.add_argument("--clones", type=Path, help="a folder of bare clones, `owner+name`")
    parser.add_argument("--write", action="store_true", help="write the weights instead of telling figures")
    options = parser.parse_args(arguments)
    rows = Rows()
    data = _data([*rows.of_readers(options.clones), *rows.of_labels()])
    print(f"{len(data.labels)} columns of {len(data.examples)} tables, {len(set(data.sources))} sources")
    if options.write:
        FILE.write_text(json.dumps(_trained(data), indent=1) + "\n", encoding="utf-8")
    else:
        _left_out(data)


def _data(examples: list[Example]) -> Data:
    labels = np.array([label for each in examples for label in each.labels], dtype=object)
    weights = np.array([weight for each in examples for weight in each.weights])
    sources = np.array([each.source for each in examples for _ in each.labels], dtype=object)
    return Data(examples, labels, weights, sources)


def _matrix(examples: Iterable[Example], size: int) -> Any:
    rows: list[int] = []
    places: list[int] = []
    values: list[float] = []
    at = 0
    for example in examples:
        around = table_hashes(example.table, [name for name, _ in example.columns])
        for (name, data_type), marks in zip(example.columns, example.marks, strict=True):
            own, value = name_hashes(name, kind_of(data_type))
            told = [*around, *table_hashes("", (), marks)[-len(marks) :]]
            places += [place % size for place in own] + [place % size for place, _ in told]
            values += [value] * len(own) + [each for _, each in told]
            rows += [at] * (len(own) + len(told))
            at += 1
    return csr_matrix((np.array(values, dtype=np.float32), (rows, places)), shape=(at, size))


def _fitted(matrix: Any, wanted: Any, weights: Any, tolerance: float) -> Any:
    model = LogisticRegression(C=1, solver="liblinear", tol=tolerance, random_state=0)
    return model.fit(matrix, wanted.astype(int), sample_weight=weights)


def _trained(data: Data) -> dict[str, Any]:
    """The file of weights."""
    personal = _fitted(_matrix(data.examples, PERSONAL_SIZE), data.labels != "none", data.weights, 0.01)
    counts = Counter(data.labels)
    common = [label for label, count in counts.items() if count >= COMMON and label not in ("none", "personal")]
    near = {label: _near(label, common, counts) for label in counts}
    names = np.array([near.get(label, "") for label in data.labels], dtype=object)
    known = names != ""
    matrix = _matrix(data.examples, CATEGORY_SIZE)[known]
    categories = sorted({*names[known]})
    fits = [_fitted(matrix, names[known] == label, data.weights[known], 0.05) for label in categories]
    whole, scale = _quantised(personal.coef_[0])
    parts = [_quantised(fit.coef_[0]) for fit in fits]
    return {
        "version": 1,
        "least": LEAST,
        "right": RIGHT,
        "bias": round(float(personal.intercept_[0]), 4),
        "scale": scale,
        "personal": _packed(whole),
        "categories": [
            {"category": label, "bias": round(float(fit.intercept_[0]), 4), "scale": part[1]}
            for label, fit, part in zip(categories, fits, parts, strict=True)
        ],
        "weights": _packed(np.stack([part[0] for part in parts], axis=1)),
    }


def _near(label: str, common: list[str], counts: Counter[str]) -> str:
    """The category that a label is learned as; none for labels that say no more than `personal`."""
    if label in common:
        return label
    group = [other for other in common if other.split(".")[:2] == label.split(".")[:2] and "." in label]
    return max(group, key=counts.__getitem__, default="")


def _quantised(weights: Any) -> tuple[Any, float]:
    top = float(np.abs(weights).max())
    return np.round(weights / top * 127).astype(np.int8), float(f"{top / 127:.6g}")


def _packed(weights: Any) -> str:
    return b64encode(compress(weights.tobytes(), 9)).decode()


def _left_out(data: Data) -> None:
    """Each labelled schema under a model that saw none of its group of schemas."""
    group_of = {source: at % GROUPS for at, source in enumerate(sorted({*data.sources}))}
    groups = np.array([group_of[source] for source in data.sources])
    matrix = _matrix(data.examples, PERSONAL_SIZE)
    chance = np.zeros(len(data.labels))
    for group in range(GROUPS):
        used = groups != group
        model = _fitted(matrix[used], data.labels[used] != "none", data.weights[used], 0.01)
        chance[groups == group] = model.predict_proba(matrix[groups == group])[:, 1]
    _print(data, chance)


def _print(data: Data, chance: Any) -> None:
    """Of the columns of which readers were sure: recall and precision, and what the model adds at each probability."""
    wanted = data.labels != "none"
    said = np.array([flag for each in data.examples for flag in each.said])
    silent = np.array([flag for each in data.examples for flag in each.silent])
    sure = data.weights >= SURE
    areas = np.array([source.partition("/")[0] if "/" in source else "other labels" for source in data.sources])
    print(f"{'left out':14}{'columns':>8}{'personal':>9}{'rules':>15}{'and model':>15}{'it said':>9}{'right':>7}")
    for area in (*sorted({*areas[sure]}), ""):
        of = sure & ((areas == area) if area else (areas != "other labels"))
        new = silent & (chance >= LEAST)
        both = (said | new)[of]
        figures = [_figures(wanted[of], said[of]), _figures(wanted[of], both)]
        counts = (of & new).sum(), (of & new & wanted).sum()
        print(f"{area or 'all readers':14}{of.sum():>8}{wanted[of].sum():>9}{figures[0]:>15}{figures[1]:>15}"
              f"{counts[0]:>9}{counts[1]:>7}")  # fmt: skip
    for least in (0.5, 0.6, 0.7, 0.8, 0.9):
        new = sure & silent & (chance >= least) & (areas != "other labels")
        print(f"from {least}: {new.sum()} answers, {(new & wanted).sum()} right")


def _figures(wanted: Any, got: Any) -> str:
    right = (wanted & got).sum()
    return f"{right / max(1, wanted.sum()):.3f} / {right / max(1, got.sum()):.3f}"


if __name__ == "__main__":
    main()
