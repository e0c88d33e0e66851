"""The pinyin of the shipped taxonomy's Chinese hints is what the generator makes of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "policies"

pytest.importorskip("pypinyin")


def run(folder: Path, taxonomy: str) -> str:
    """What the generator writes for a taxonomy."""
    file = folder / "own.yaml"
    file.write_text(taxonomy, encoding="utf-8")
    subprocess.run([sys.executable, FOLDER / "make_pinyin.py", file], check=True)
    return (folder / "own_pinyin.yaml").read_text(encoding="utf-8")


def test_the_shipped_file_is_what_the_generator_makes(tmp_path: Path) -> None:
    """After a change of hints: `python policies/make_pinyin.py`."""
    made = run(tmp_path, (FOLDER / "taxonomy.yaml").read_text(encoding="utf-8"))

    assert made == (FOLDER / "taxonomy_pinyin.yaml").read_text(encoding="utf-8")


def test_what_else_a_text_stands_for_decides_how_much_it_says(tmp_path: Path) -> None:
    """Three syllables are strong, what is a plain term too is weak or left out, and one syllable never counts."""
    data = yaml.safe_load((FOLDER / "taxonomy.yaml").read_text(encoding="utf-8"))
    texts = ["婚育登记情况", "用户类型", "盐", "旅客证", "说明(备注)"]
    own = {**data, "categories": [{"key": "personal", "hints": {"zh": texts}}]}
    made = yaml.safe_load(run(tmp_path, json.dumps(own)))["hints"]["personal"]

    assert {"hunyudengjiqingkuang", "lvkezheng", "lukezheng"} <= {*made["strong_full"]}
    assert "hydjqk" in made["strong_initials"]
    assert "lkz" in made["weak_initials"]
    assert not {"yan", "shuomingbeizhu"} & {text for kind in made.values() for text in kind}
