"""Register files: the same entries from YAML, JSON and CSV, and every wrong input with its message and place."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies
from yaml import safe_load

from tutela.connectors.register_csv import read_csv
from tutela.connectors.register_files import read_data, read_json, read_registers
from tutela.connectors.register_streams import stream_csv, stream_jsonl
from tutela.engine.errors import InputError
from tutela.engine.plain import is_list, is_map
from tutela.engine.registers import ENTRIES, read_register

if TYPE_CHECKING:
    from random import Random

    from tutela.engine.errors import Problem

CASES = Path(__file__).parent / "cases" / "registers"
SHARED = Path(__file__).parents[2].parent / "shared" / "domain"


def problems(*folders: Path) -> list[str]:
    """What is wrong, as `file:line CODE message`."""
    with pytest.raises(InputError) as caught:
        read_registers(folders)
    return [
        f"{_short(p.location.file)}{f':{p.location.line}' if p.location.line else ''} {p.code} {p.message()}"
        for p in caught.value.problems
    ]


def _short(file: str) -> str:
    name, hash_, pointer = file.partition("#")
    return Path(name).name + hash_ + pointer


def one(folder: Path, name: str, text: str) -> list[str]:
    """What is wrong with one register file."""
    for old in folder.iterdir():
        old.unlink()
    (folder / name).write_text(text, encoding="utf-8")
    return problems(folder)


def as_csv(entries: list[dict[str, Any]]) -> str:
    """Entries as a CSV text: nested fields as `a.b`, lists of texts with `;`, everything else as JSON."""
    rows = [dict(_cells(entry, "")) for entry in entries]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _cells(entry: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in entry.items():
        if is_map(value) and value and name not in ("access", "customers", "retention", "purposes"):
            found += _cells(value, f"{prefix}{name}.")
        elif is_list(value) and all(isinstance(item, str) for item in value) and value:
            found.append((prefix + name, ";".join(value)))
        elif isinstance(value, dict | list):
            found.append((prefix + name, json.dumps(value)))
        elif value is not None:
            found.append((prefix + name, str(value).lower() if isinstance(value, bool) else str(value)))
    return found


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_register_is_the_same_in_every_format(name: str, tmp_path: Path) -> None:
    """Typed entries do not tell where they came from."""
    text = (CASES / f"{name}.yaml").read_text(encoding="utf-8")
    entries = safe_load(text)
    found: list[Any] = []
    lines = "".join(f"{json.dumps(entry)}\n\n" for entry in entries)
    texts = {"yaml": text, "json": json.dumps(entries), "csv": as_csv(entries), "jsonl": lines}
    for suffix, content in texts.items():
        folder = tmp_path / suffix
        folder.mkdir()
        (folder / f"{name}.{suffix}").write_text(content, encoding="utf-8")
        found.append(read_registers([folder])[name])

    assert len(entries) == len(found[0])
    assert found[0] == found[1]
    assert found[0] == found[2]
    assert found[0] == found[3]
    assert [type(entry) for entry in found[0]] == [type(entry) for entry in found[2]]
    assert 1 == len({entries.digest for entries in found})


def test_entries_know_their_lines(tmp_path: Path) -> None:
    """In every format that has lines; JSON has a pointer."""
    texts = {
        "purposes.yaml": "- id: a\n  categories: []\n- {id: b, categories: []}\n",
        "tickets.json": "[]",
        "holds.jsonl": "\n" + json.dumps(HOLD) + "\n",
        "subject_sets.csv": 'id,subjects\nS,"a;\nb"\nT,c\n',
        "systems.json": '[{"id": "crm"}]',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = read_registers([tmp_path])

    places = {
        f"{_short(entries.locate(n).file)}:{entries.locate(n).line}"
        for entries in found.values()
        for n in range(len(entries))
    }
    assert {
        "purposes.yaml:1", "purposes.yaml:3", "holds.jsonl:2", "subject_sets.csv:2", "subject_sets.csv:4",
        "systems.json#/0:0",
    } == places  # fmt: skip


HOLD: dict[str, Any] = {"id": "h", "matter": "m", "scope": {}, "placed_by": "p", "placed_at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "2 json-syntax"),
        ("5", "2 type-wrong"),
        ("null", "2 type-wrong"),
        ('{"id": NaN}', "2 json-syntax not valid JSON: a number out of range"),
        ("[" * 100_000, "2 json-syntax not valid JSON: nested too deep"),
        ('{"id": "a", "id": "b"}', "2 json-duplicate-key the key `id` stands twice in one object"),
        (json.dumps({**HOLD, "id": "g", "placed_at": "2026-01-01T00:00:00"}), "2 register-time-naive"),
        (json.dumps(HOLD), "2 register-duplicate `h` is registered twice (first at "),
        (json.dumps(HOLD) + ",", "2 json-syntax not valid JSON: Extra data"),
        (json.dumps({**HOLD, "scope": {"datasets": [7]}}), "2 type-wrong `datasets` must be a text, not a number"),
    ],
)
def test_wrong_json_lines_are_told(tmp_path: Path, line: str, expected: str) -> None:
    """With the line of the entry."""
    (found,) = one(tmp_path, "holds.jsonl", f"{json.dumps(HOLD)}\n{line}\n")

    assert found.startswith(f"holds.jsonl:{expected}")


def test_problems_between_registers_are_told_beside_others(tmp_path: Path) -> None:
    """A register that is wrong by itself is left out of them: nothing is said to be missing in it."""
    (tmp_path / "people.csv").write_text("id,name,department,grade,status,hired_at\np,X\n", encoding="utf-8")
    (tmp_path / "partners.yaml").write_text("[]", encoding="utf-8")
    (tmp_path / "imports.yaml").write_text(
        "- {id: i, partner: gone, categories: [personal], provenance: partner}\n", encoding="utf-8"
    )
    (tmp_path / "holds.jsonl").write_text(json.dumps(HOLD), encoding="utf-8")

    assert [
        "imports.yaml:1 register-reference `partner` of `i` names `g***`, which is not in `partners`",
        "people.csv:2 register-csv not valid CSV: 2 cells under 6 headings",
    ] == problems(tmp_path)


def test_what_nests_too_deep_is_told(tmp_path: Path) -> None:
    """Where a shape is open, a text may still not exhaust the machine."""
    deep = '{"type": "document", "id": "a", "properties": {"a": %s}}' % ("[" * 900 + "]" * 900)

    assert ["resources.json register-too-deep an entry is nested too deep"] == one(
        tmp_path, "resources.json", f"[{deep}]"
    )
    assert one(tmp_path, "resources.jsonl", deep)[0].split(" ")[1] in ("register-too-deep", "json-syntax")


def test_every_register_has_a_case() -> None:
    """A new register needs one."""
    assert set(ENTRIES) == {path.stem for path in CASES.glob("*.yaml")}


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    """Every known file; others beside them and hidden ones are left alone."""
    for name, text in {"holds.yaml": "[]", "notes.txt": "x", ".people.yaml": "x", "PARTNERS.md": "x"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    assert {"holds": []} == read_registers([tmp_path])


def test_unknown_and_double_registers_are_told(tmp_path: Path) -> None:
    """With the nearest name, and with the other file; a folder that is not there, too."""
    (tmp_path / "other").mkdir()
    for name in ("hold.yaml", "people.yaml", "people.csv", "other/holds.yaml", "holds.json"):
        (tmp_path / name).write_text("id\n" if name.endswith("csv") else "[]", encoding="utf-8")

    found = problems(tmp_path, tmp_path / "other", tmp_path / "none")

    assert ["file-missing", "register-unknown", "register-twice", "register-twice"] == [
        line.split(" ")[1] for line in sorted(found, key=lambda line: ("none" not in line, "hold.yaml " not in line))
    ]
    assert any("did you mean `holds`" in line for line in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[", "1 json-syntax not valid JSON: Expecting value"),
        ('[{"id": 1,}]', "1 json-syntax not valid JSON: Expecting property name enclosed in double quotes"),
        ('[\n\n{"id": "a" "b"}]', "3 json-syntax not valid JSON: Expecting ',' delimiter"),
        ("[NaN]", " json-syntax not valid JSON: a number out of range"),
        ("[-Infinity]", " json-syntax not valid JSON: a number out of range"),
        ("[" + "9" * 5000 + "]", " json-syntax not valid JSON: a number out of range"),
        ("[" * 100_000, " json-syntax not valid JSON: nested too deep"),
        ('[{"id": "a", "id": "b"}]', " json-duplicate-key the key `id` stands twice in one object"),
        ("{}", " type-wrong `the file` must be a list, not a mapping"),
        ("null", " type-wrong `the file` must be a list, not null"),
        (" \n", " file-empty"),
    ],
)
def test_wrong_json_is_told(tmp_path: Path, text: str, expected: str) -> None:
    """With the line where there is one, and never with a crash."""
    (found,) = one(tmp_path, "holds.json", text)

    assert found.startswith(f"holds.json:{expected}" if expected[0] != " " else f"holds.json{expected}")


def test_a_wrong_json_value_has_a_pointer(tmp_path: Path) -> None:
    """JSON has no places: the way through the data stands in their stead."""
    found = one(tmp_path, "purposes.json", '[{"id": "a", "categories": []}, {"id": "b", "categories": ["X"]}]')

    assert ["purposes.json#/1/categories/0 value-malformed `categories` has the wrong form: `***`"] == found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("people.csv", "id,name,department,grade,status,hired_at\nE1,张三丰,sales,staff,active,31.12.2019\n"),
        (
            "people.yaml",
            "- {id: E1, name: 张三丰, department: sales, grade: staff, status: active, hired_at: 张三丰}\n",
        ),
        ("people.json", '[{"id": "E1", "name": "张三丰", "department": "sales" "grade": 1}]'),
        ("consents.yaml", "- {id: C, subject: 张三丰, given_at: 13812345678, }\n"),
    ],
)
def test_problems_show_no_personal_data(tmp_path: Path, name: str, text: str) -> None:
    """Neither the line nor the value: registers hold people."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_registers([tmp_path])
    said = raised.value.render()

    assert "张三丰" not in said
    assert "13812345678" not in said


HEAD = "id,matter,scope.datasets,placed_by,placed_at\n"
GOOD = "h1,m,crm.customer;crm.order,p1,2026-01-01T00:00:00+08:00\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "h1,m\n", ["holds.csv:2 register-csv not valid CSV: 2 cells under 5 headings"]),
        (HEAD + GOOD + "h2,m,x,p1,2026-01-01\n", ["holds.csv:3 register-time-naive"]),
        (HEAD + GOOD + GOOD, ["holds.csv:3 register-duplicate `h1` is registered twice"]),
        (
            HEAD + 'h1,"m\nm",,p1,2026-01-01T00:00:00Z\nh2,m,,,2026-01-01T00:00:00Z\n',
            ["holds.csv:2 key-missing", "holds.csv:4 key-missing"],
        ),
        (HEAD + 'h1,"m,x\n', ["holds.csv:2 register-csv not valid CSV: unexpected end of data"]),
        (
            HEAD.replace("matter", "id") + GOOD,
            ["holds.csv:1 register-csv not valid CSV: the heading `id` stands twice"],
        ),
        (
            "scope,scope.to\n{},x\n",
            ["holds.csv:1 register-csv not valid CSV: `scope` and `scope.to` exclude each other"],
        ),
        (HEAD.replace("matter", "mater") + GOOD, ["holds.csv:2 key-missing", "holds.csv:2 key-unknown"]),
        (
            HEAD + "h1,m,[1,p1,2026-01-01T00:00:00Z\n",
            ["holds.csv:2 register-csv-cell the cell `scope.datasets` must be JSON"],
        ),
        (HEAD + f"h1,m,{'[' * 90_000},p1,2026-01-01T00:00:00Z\n", ["holds.csv:2 register-csv-cell"]),
        (
            HEAD + f"h1,{'m' * 200_000},,p1,2026-01-01T00:00:00Z\n",
            ["holds.csv:2 register-csv not valid CSV: field larger"],
        ),
    ],
)
def test_wrong_csv_is_told(tmp_path: Path, text: str, expected: list[str]) -> None:
    """With the line, also behind cells of several lines."""
    found = one(tmp_path, "holds.csv", text)

    assert all(any(line.startswith(want) for line in found) for want in expected), found
    assert {want.split(" ")[0] for want in expected} == {line.split(" ")[0] for line in found}


JUNK = (
    "", " ", "x", "true", "TRUE", "7", "-7", "07", "²", "[", "{}", "[]", '["a"]', "[1]", "null", "a;b", ";", " a ; b ",
    "2026-01-01", "2026-02-30", "2026-01-01T00:00:00", "2026-01-01T00:00:00+08:00", "2026-01-01T00:00:00Z",
    "0001-01-01T00:00:00+08:00", "20260101T000000Z", "张三", "personal.contact", "Personal", "active", "staff",
    "actve", "a\nb", 'say "x"', "sha256:" + "0" * 64, "P1Y", '[{"department": "d"}]', "1e3", "\u2028",
)  # fmt: skip


def spoiled(name: str, random: Random) -> str:
    """A CSV text of a register with a few faults, or none."""
    rows = list(csv.reader(io.StringIO(as_csv(safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))))))
    rows += [list(row) for row in rows[1:] if random.random() < 0.8]
    for number, row in enumerate(rows[1:]):
        if random.random() < 0.8:
            row[0] = f"n{number}" if name != "policy_changes" else row[0]
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        row = random.choice(rows if random.random() < 0.1 else rows[1:])
        match random.randrange(12):
            case 0:
                row.append("more")
            case 1:
                del row[-1:]
            case 2:
                row.clear()
            case _:
                if row:
                    row[random.randrange(len(row))] = random.choice(JUNK)
    out = io.StringIO()
    csv.writer(out, lineterminator=random.choice(("\n", "\r\n"))).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("name", sorted(ENTRIES))
@settings(max_examples=30, deadline=None)
@given(random=strategies.randoms(use_true_random=False))
def test_lines_give_what_the_whole_file_gives(name: str, random: Random) -> None:
    """The same entries of the same types and lines, or the same problems at the same places."""
    text = spoiled(name, random)
    slow, slow_problems = read_register(name, read_csv(text, "f", ENTRIES[name]).hidden())
    fast, fast_problems = stream_csv(name, text, "f")

    assert [_told(problem) for problem in slow_problems] == [_told(problem) for problem in fast_problems]
    assert slow == fast
    assert repr(sorted(map(_sorted, slow))) == repr(sorted(map(_sorted, fast)))
    assert slow.lines == fast.lines
    assert slow.digest == fast.digest


def _told(problem: Problem) -> tuple[object, ...]:
    return problem.location, problem.code, problem.message(), problem.source


def _sorted(entry: Any) -> str:  # noqa: ANN401 (a mapping or a row)
    return repr(sorted(entry.items()) if is_map(entry) else entry)


@pytest.mark.parametrize("name", sorted(ENTRIES))
@settings(max_examples=20, deadline=None)
@given(random=strategies.randoms(use_true_random=False))
def test_json_lines_give_what_json_gives(name: str, random: Random) -> None:
    """The same entries, or the same problems in the same words."""
    entries = safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8")) * 2
    for _ in range(random.choice((0, 1, 2))):
        entry = dict(random.choice(entries))
        field = random.choice([*ENTRIES[name]["properties"], "unknown"])
        entry[field] = random.choice([*JUNK, None, 7, 7.0, 1.5, True, [], ["a"], [None], {}, {"a": 1}, 10**30])
        if random.random() < 0.2:
            del entry[field]
        entries[random.randrange(len(entries))] = entry
    slow, slow_problems = read_register(name, read_json(json.dumps(entries), "f").hidden())
    fast, fast_problems = stream_jsonl(name, "".join(f"{json.dumps(entry)}\n" for entry in entries), "f")

    said = [[(p.code, p.message().split(" (first")[0]) for p in each] for each in (slow_problems, fast_problems)]
    assert said[0] == said[1]
    assert slow == fast
    assert slow.digest == fast.digest


APPROVAL = "id,request_id,request_hash,level,approver,decision,at\na,r,sha256:{0},{1},p,approve,2026-01-01T00:00:00Z\n"


@pytest.mark.parametrize("level", ["x", "--1", "-", "²", "１", "1.0", "1e0", "9" * 19, " 1", "+1", "0x1"])
def test_a_number_in_a_cell_is_a_whole_number(tmp_path: Path, level: str) -> None:
    """Nothing else is read as one."""
    found = one(tmp_path, "approvals.csv", APPROVAL.format("0" * 64, level))

    assert any("register-csv-cell the cell `level` must be a whole number" in line for line in found), found


@pytest.mark.parametrize("flag", ["yes", "1", "wahr", "T"])
def test_a_flag_in_a_cell_is_true_or_false(tmp_path: Path, flag: str) -> None:
    """Whatever the case, and nothing else."""
    (found,) = one(tmp_path, "purposes.csv", f"id,categories,prohibited\na,personal.contact,{flag}\n")

    assert "purposes.csv:2 register-csv-cell the cell `prohibited` must be true or false" == found


def test_cells_of_people_never_show_in_errors(tmp_path: Path) -> None:
    """A name in the wrong column is not repeated."""
    found = one(tmp_path, "people.csv", "id,name,department,grade,status,hired_at\np,Zhang San 13912345678\n")

    assert not any("13912345678" in line or "Zhang" in line for line in found)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"- {id: a\x00b, name: x}\n", "file-binary"),
        (b"", "file-empty"),
        (b"\x00\x01\x02\x03", "file-binary"),
        (b"- id: \xff\xff\xff", "file-encoding"),
    ],
)
def test_a_file_that_is_no_text_is_told(tmp_path: Path, data: bytes, code: str) -> None:
    """Before anything is parsed."""
    (tmp_path / "people.yaml").write_bytes(data)

    assert [code] == [line.split(" ")[1] for line in problems(tmp_path)]


def test_a_file_without_a_schema_is_a_document(tmp_path: Path) -> None:
    """YAML and JSON alike; places for the one, plain data for the other."""
    (tmp_path / "a.yaml").write_text("a: [1]\n", encoding="utf-8")
    (tmp_path / "a.json").write_text('{"a": [1]}', encoding="utf-8")

    assert read_data(tmp_path / "a.yaml").data == read_data(tmp_path / "a.json").data
