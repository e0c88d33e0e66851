"""Writes the pages of docs/ that the code knows: cli.md, errors.md, registers.md, rules.md and serve-settings.md.

`python docs/generate.py` writes them; `--check` writes nothing and exits with 1 when one is stale.
"""

# A script, no package; it prints.
# ruff: noqa: INP001, T201

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tutela.cli import COMMANDS, group
from tutela.connectors.policy_files import PACK, pack_names, read_policies
from tutela.engine.loader import load_policies, parse
from tutela.engine.messages_bundle import BUNDLE
from tutela.engine.messages_decision_log import DECISION_LOG
from tutela.engine.messages_expression import EXPRESSION
from tutela.engine.messages_integration import INTEGRATION
from tutela.engine.messages_lineage import LINEAGE
from tutela.engine.messages_live import LIVE
from tutela.engine.messages_log import LOG
from tutela.engine.messages_policy import POLICY
from tutela.engine.messages_register import REGISTER
from tutela.engine.messages_rewrite import REWRITE
from tutela.engine.messages_schema import SCHEMA
from tutela.engine.messages_server import SERVER
from tutela.engine.messages_tags import TAGS
from tutela.engine.messages_waiver import WAIVER
from tutela.engine.model import Words
from tutela.engine.parameters import build_parameters
from tutela.engine.register_references import REFERENCES
from tutela.engine.registers import ENTRIES
from tutela.server.configuration import SCHEMA as SERVE_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tutela.engine.message import Message
    from tutela.engine.rules import Default, Rule

DOCS: Final = Path(__file__).parent
NOTE: Final = "<!-- Written by docs/generate.py: change the code and run `make docs`. -->\n"
AREAS: Final[Mapping[str, Mapping[str, Message]]] = {
    "Policies, parameters, vocabulary, tests and projects": POLICY,
    "Conditions": EXPRESSION,
    "Files and schemas": SCHEMA,
    "Views, copies and the catalog": LINEAGE,
    "Tags of other catalogs": TAGS,
    "Live databases": LIVE,
    "Logs": LOG,
    "Registers, forms and requests": REGISTER,
    "Masks, row filters and rewritten queries": REWRITE,
    "Waivers, baselines and comparisons": WAIVER,
    "Bundles, keys and signatures": BUNDLE,
    "The decision log": DECISION_LOG,
    "The decision service": SERVER,
    "Applications": INTEGRATION,
}
CLI_HEAD: Final = """# Command line

Results go to stdout, progress and problems to stderr.

| exit status | meaning |
| --- | --- |
| 0 | clean, or allowed |
| 1 | findings, a denial, a failed test, or no test to run |
| 2 | the job could not be done: a bad policy, bad arguments, an input that cannot be read, nothing to check |

A command works in a project: the nearest folder upwards that has a `tutela.toml`, or a `pyproject.toml` with
`[tool.tutela]`. `classify`, `schema` and `log` (but for `log replay`) work anywhere, the others also with
`--policies`. The variables `TUTELA_POLICIES`, `TUTELA_REGISTERS`, `TUTELA_SCHEMAS` (separated like `PATH`),
`TUTELA_DIALECT`, `TUTELA_DEFAULT_SCHEMA`, `TUTELA_TAXONOMY`, `TUTELA_LINEAGE` and `TUTELA_LANG` replace its
settings; options replace both. `TUTELA_NO_CACHE=1` loads policies from their texts, `TUTELA_DEBUG=1` shows the
traceback of an internal error.
"""
ERRORS_HEAD: Final = """# Problems

What can be wrong with an input. A problem is printed as `file:line:column: CODE message` with the line and a help text
(in italics here), in English or Chinese (`--lang`). `{name}` stands for something of the input.
"""
RULES_HEAD: Final = """# Rules of the shipped packs

`tutela rule ID` also shows where a rule stands and the condition it is lowered to. An id is a requirement and a slug.
What denies can be a finding. Titles, messages and remedies are those that reports show, in English and Chinese.
"""
RULES_TABLE: Final = "| rule | effect | severity | |\n| --- | --- | --- | --- |"


def cli() -> str:
    """Every command with its arguments and options, as click knows them."""
    context = click.Context(group, info_name="tutela", **group.context_settings)
    parts = [CLI_HEAD, *_command(group, context, head=False)]
    for name in COMMANDS:
        parts += _command(*_found(group, context, name))
    return "\n".join(parts)


def _found(parent: click.Group, context: click.Context, name: str) -> tuple[click.Command, click.Context]:
    command = parent.get_command(context, name)
    if command is None:
        raise LookupError(name)
    return command, click.Context(command, context, name)


def _command(command: click.Command, context: click.Context, *, head: bool = True) -> Iterator[str]:
    """The section of one command; a group of commands is the sections of its commands."""
    if isinstance(command, click.Group) and head:
        for name in command.list_commands(context):
            yield from _command(*_found(command, context, name))
        return
    if head:
        pieces = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
        yield f"## {context.command_path}\n"
        yield f"    {context.command_path} [OPTIONS] {pieces}".rstrip() + "\n"
        yield " ".join((command.help or "").split()) + "\n"
    yield "| option | |\n| --- | --- |"
    for option in command.get_params(context):
        record = option.get_help_record(context)
        if record is not None and record[1]:
            yield f"| `{_cell(record[0])}` | {_cell(record[1])} |"
    yield ""


def errors() -> str:
    """Every problem code with its words and help."""
    parts = [ERRORS_HEAD]
    for area, table in AREAS.items():
        parts.append(f"## {area}\n\n| code | English | 中文 |\n| --- | --- | --- |")
        for code, message in sorted(table.items()):
            english = _words(message.en, message.help_en)
            chinese = _words(message.zh, message.help_zh)
            parts.append(f"| `{code}` | {english} | {chinese} |")
        parts.append("")
    return "\n".join(parts)


def _words(text: str, help_text: str) -> str:
    return _cell(text) + (f"<br>*{_cell(help_text)}*" if help_text else "")


def rules() -> str:
    """Every rule of the shipped packs: a table for each pack, and then what each rule says."""
    parts = [RULES_HEAD]
    found: dict[str, list[Rule | Default]] = {}
    for pack in pack_names():
        title, own = _pack(pack)
        parts += [f"## Pack `{pack}`: {title.en} / {title.zh}\n", RULES_TABLE]
        parts += [*(_row(rule) for rule in sorted({rule.id: rule for rule in own}.values(), key=lambda of: of.id)), ""]
        for rule in own:
            found.setdefault(rule.id, []).append(rule)
    for name in sorted(found):
        parts += _rule(found[name])
    return "\n".join(parts)


def _pack(name: str) -> tuple[Words, list[Rule | Default]]:
    """The title of a pack, which its vocabulary has, and its rules, bound as it suggests."""
    sources = read_policies([f"{PACK}{name}"])
    parsed = parse(sources)
    if parsed.of("retention"):  # checks of retention become rules where there are schedules
        sources += read_policies([Path(str(files("tutela"))) / "starter" / "policies" / "retention.yaml"])
    title = next(document.data["title"] for document in parsed.of("vocabulary") if "title" in document.data)
    declared, _ = build_parameters(parsed.of("parameters"))
    policies = load_policies(sources, {of.name: of.suggested for of in declared.declared.values()})
    return Words(title["en"], title["zh"]), [*policies.rules, *policies.defaults.values()]


def _effect(rule: Rule | Default) -> str:
    return getattr(rule, "effect", "deny (when no rule allows)")


def _row(rule: Rule | Default) -> str:
    anchor = rule.id.lower().replace(".", "")
    return f"| [`{rule.id}`](#{anchor}) | {_effect(rule)} | {rule.severity.value} | {_cell(rule.meta.title.en)} |"


def _rule(variants: Sequence[Rule | Default]) -> Iterator[str]:
    """What a rule is and says; several that carry one id may each say something else."""
    rule = variants[-1]
    meta = rule.meta
    yield f"## {rule.id}\n"
    yield f"**{meta.title.text('en')}** / **{meta.title.text('zh')}**\n"
    actions = dict.fromkeys(action for one in variants for action in one.actions)
    yield f"- effect: {_effect(rule)}; severity: {rule.severity.value}; actions: {', '.join(actions)}"
    if meta.basis:
        yield "- basis: " + "; ".join(f"{basis} ({basis.confidence})" for basis in meta.basis)
    for one in dict.fromkeys(variant.meta for variant in variants):
        for name, words in (("message", one.message), ("remedy", one.remedy)):
            if words.en or words.zh:
                yield f"- {name}: {words.text('en')} / {words.text('zh')}"
    yield ""


REGISTERS_HEAD: Final = """# Registers

What a company declares: one file a register (`people.yaml`, `.json`, `.jsonl` or `.csv`), a list of entries. Required
fields are **bold**. `->` names the register that a value must stand in, where the project has that register. Instants
carry an offset, days are civil days of the policy time zone. All problems of all files are told at once, with places.

Besides references, these are checked: two heads of one department at once, overlapping delegations and delegations in a
circle, an account with two owners, and everything that ends before it starts.
"""


def registers() -> str:
    """Every register with its fields, what they hold, and what they refer to."""
    parts = [REGISTERS_HEAD]
    for name, entry in ENTRIES.items():
        parts.append(f"## `{name}`\n")
        parts += _fields(name, entry, "")
        parts.append("")
    return "\n".join(parts)


def _fields(register: str, schema: Mapping[str, Any], path: str) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        shown = f"**`{here}`**" if name in schema.get("required", ()) else f"`{here}`"
        targets = TARGETS.get((register, here.replace("[]", "")), ())
        refers = f" -> {', '.join(f'`{target}`' for target in targets)}" if targets else ""
        described = f": {_cell(inner['description'])}" if "description" in inner else ""
        yield f"- {shown} {_kind(inner)}{refers}{described}"
        item = inner.get("items", {})
        if inner.get("properties"):
            yield from _fields(register, inner, here)
        elif item.get("properties"):
            yield from _fields(register, item, f"{here}[]")


def _kind(schema: Mapping[str, Any]) -> str:
    """What a value is, in few words."""
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    word = {"date-time": "instant", "date": "day"}.get(schema.get("format", ""), WORDS.get(kind, kind))
    return word + (" or null" if not isinstance(kinds, str) else "")


WORDS: Final = {"string": "text", "boolean": "true or false", "integer": "whole number", "object": "mapping"}
TARGETS: Final = {
    (reference.register, path.replace(".*", "")): reference.targets
    for reference in REFERENCES
    for path in reference.fields.split()
}


def _cell(text: str) -> str:
    """Text for a cell of a table: on one line, nothing that Markdown would take for its own."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


SERVE_HEAD: Final = """# Settings of the decision service

The table `[serve]` of `tutela.toml` (or `[tool.tutela.serve]` of pyproject.toml). Everything that is wrong with it is
told at once, and the service does not start, or goes on with the last good one. [The decision service](serve.md) says
what it is for.

"""


def serve() -> str:
    """The settings of the service, as a table for each table of the file."""
    return SERVE_HEAD + "\n".join(_settings(SERVE_SCHEMA, "[serve]"))


def _settings(schema: Mapping[str, Any], name: str) -> Iterator[str]:
    required = schema.get("required", ())
    yield f"## `{name}`: {schema['description']}\n\n| key | value | |\n| --- | --- | --- |"
    inner: list[tuple[str, Mapping[str, Any]]] = []
    for key, one in schema["properties"].items():
        needed = " (needed)" if key in required else ""
        yield f"| `{key}`{needed} | {_cell(one['expected'])} | {_cell(one['description'])} |"
        items = one.get("items", one)
        if "properties" in items:
            inner.append((f"[[serve.{key}]]" if "items" in one else f"[serve.{key}]", items))
    if "anyOf" in schema:
        yield "\nA caller has at least one of `keys`, `token` and `certificates`."
    yield ""
    for title, table in inner:
        yield from _settings(table, title)


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "serve-settings.md": serve,
    "cli.md": cli,
    "errors.md": errors,
    "registers.md": registers,
    "rules.md": rules,
}


def page(name: str) -> str:
    """The text that a generated page must have."""
    return NOTE + PAGES[name]().rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` name those that are stale."""
    stale: list[str] = []
    for name in PAGES:
        path, text = DOCS / name, page(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name}: {'stale; run `make docs`' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
