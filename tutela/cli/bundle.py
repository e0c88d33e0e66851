"""`tutela bundle`: policies in one signed file, from where they are written to where they are used."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from .options import project_options
from .problems import choose, language

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.connectors.bundle import Bundle
    from tutela.connectors.bundle_keys import Passphrase
    from tutela.engine.errors import Lang
    from tutela.project import Project

    from .options import Setup

EPOCH: Final = "SOURCE_DATE_EPOCH"
REJECTED: Final = frozenset(
    {
        *(f"bundle-entry-{how}" for how in ("changed", "missing", "order", "unlisted")),
        *(f"bundle-{what}" for what in ("signature-wrong", "signatures", "unsigned", "untrusted")),
    }
)
"""Problems of a bundle that was read, and is not what a trusted key signed."""


@click.group("bundle")
def command() -> None:
    """Build, sign, verify and push bundles: policies in one signed file."""


def passphrase_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --passphrase-env, --keyring and --lang; the command gets a `Passphrase` and a language."""

    @click.option(
        "--passphrase-env",
        default="",
        help="The variable with the passphrase of the private key.  [default: TUTELA_BUNDLE_PASSPHRASE, if it is set]",
    )
    @click.option(
        "--keyring", default="", help="The service under which the keyring holds it, for the key's file name."
    )
    @click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")
    @wraps(function)
    def wrapped(passphrase_env: str, keyring: str, lang: str | None, **more: Any) -> Any:  # noqa: ANN401
        from tutela.connectors.bundle_keys import Passphrase

        choose(lang)
        if passphrase_env and keyring:
            raise click.UsageError("--passphrase-env and --keyring exclude each other")
        return function(passphrase=Passphrase(passphrase_env, keyring), lang=language(lang), **more)

    return wrapped


@command.command("build")
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The bundle: FILE.tutela.")
@click.option("--name", help="What the bundle is called.  [default: the file's name without its ending]")
@click.option("--revision", help="Which state of the policies it is.  [default: as git describes it]")
@click.option("--registers", is_flag=True, help="Put the project's registers in, too.")
@click.option("--no-tests", is_flag=True, help="Do not run the policy tests first.")
@project_options
def build(  # noqa: PLR0913 (options)
    output: Path, name: str | None, revision: str | None, registers: bool, no_tests: bool, setup: Setup
) -> int:
    """Check the project and run its policy tests, then write its policies, settings and taxonomy into one file.

    The same project gives the same bytes when SOURCE_DATE_EPOCH is set. A project with problems is refused (exit
    status 2), one with failed tests or none, too (1).
    """
    from tutela.bundles import build as make
    from tutela.connectors.bundle import SUFFIXES
    from tutela.connectors.whole_file import replacing_bytes

    from .check import checked

    if output.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"a bundle is called FILE{SUFFIXES[0]}")
    project = setup.project
    checked(project)
    made = make(
        project,
        str(output),
        name=name or output.stem,
        revision=revision if revision is not None else _revision(project),
        created=_created(),
        registers=registers,
    )
    if not no_tests and not _tested(project, setup.lang):
        return 1
    output.resolve().parent.mkdir(parents=True, exist_ok=True)
    with replacing_bytes(output) as stream:
        stream.write(made.to_bytes())
    _say(made, str(output), setup.lang)
    return 0


def _revision(project: Project) -> str:
    from tutela.connectors.revisions import describe

    return describe(project.root) or _fail("bundle-revision-none", str(project.root))


def _created() -> datetime:
    """The present, or the time of a build that is to be repeated."""
    text = os.environ.get(EPOCH)
    if text is None:
        return datetime.now(UTC)
    if not text.isascii() or not text.isdigit() or len(text) > 11:
        _fail("bundle-epoch", EPOCH)
    return datetime.fromtimestamp(int(text), UTC)


def _tested(project: Project, lang: Lang) -> bool:
    """Whether all policy tests passed; what failed is told on stderr."""
    from tutela.policy_runner import run_suites

    from .policy_test import lines_of

    outcomes = run_suites(project, [])
    for line in lines_of(outcomes, verbose=False, zh=lang == "zh"):
        click.echo(line, err=True)
    if not outcomes:
        click.echo("没有运行任何测试" if lang == "zh" else "no tests ran", err=True)
    return bool(outcomes) and all(outcome.passed for outcome in outcomes)


@command.command("key")
@click.argument("file", type=click.Path(path_type=Path))
@passphrase_options
def key(file: Path, passphrase: Passphrase, lang: Lang) -> int:
    """Make a key pair: the private key in FILE (its owner's alone), the public one beside it as NAME.pub.pem.

    With a passphrase the private key is encrypted. Existing files are never replaced.
    """
    from tutela.connectors.bundle_keys import make_pair

    if not file.name:
        raise click.UsageError("FILE has no name")
    public, identity, locked = make_pair(file, passphrase)
    if lang == "zh":
        click.echo(f"已生成 {file}({'已加密' if locked else '未加密'})和 {public}:{identity}")
    else:
        click.echo(f"made {file} ({'encrypted' if locked else 'not encrypted'}) and {public}: {identity}")
    return 0


@command.command("sign")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path), help="The private key, PEM.")
@passphrase_options
def sign(bundle: Path, key_file: Path, passphrase: Passphrase, lang: Lang) -> int:
    """Add a signature to BUNDLE. Several keys can sign one bundle; the same key signs once."""
    from tutela.connectors.bundle import bundle_file, open_bundle
    from tutela.connectors.bundle_keys import read_private
    from tutela.connectors.whole_file import replacing_bytes

    file = bundle_file(bundle)
    found = open_bundle(file)
    signed = found.signed(read_private(key_file, passphrase))
    with replacing_bytes(file) as stream:
        stream.write(signed.to_bytes())
    _say(signed, str(file), lang)
    return 0


@command.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--key", "keys", multiple=True, required=True, type=click.Path(path_type=Path), help="A trusted public key, PEM."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")
def verify(bundle: Path, keys: tuple[Path, ...], lang: str | None) -> int:
    """Say whether BUNDLE is whole and signed by one of the keys.

    Exit status 0: it is; 1: it was changed, or none of them signed it; 2: it is no bundle, or cannot be read.
    """
    from tutela.connectors.bundle import open_bundle
    from tutela.connectors.bundle_keys import read_publics
    from tutela.engine.errors import InputError

    from .problems import show

    choose(lang)
    trusted = read_publics(keys)
    try:
        found = open_bundle(bundle, trusted)
    except InputError as error:
        status = show(error)
        return 1 if all(problem.code in REJECTED for problem in error.problems) else status
    _say(found, str(bundle), language(lang))
    names = {key.id: key.file for key in trusted}
    for signer in found.signers:
        click.echo(f"签名密钥:{names[signer]}({signer})" if language(lang) == "zh" else _signed(names[signer], signer))
    return 0


def _signed(file: str, signer: str) -> str:
    return f"signed by {file} ({signer})"


@command.command("push")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("target")
@click.option("--key", "keys", multiple=True, type=click.Path(path_type=Path), help="Push only what this key signed.")
@click.option(
    "--token-env", default="", help="The variable with the token of the server.  [default: TUTELA_BUNDLE_TOKEN]"
)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of messages.")
def push(bundle: Path, target: str, keys: tuple[Path, ...], token_env: str, lang: str | None) -> int:
    """Bring BUNDLE to TARGET: a folder, where `latest` then names it, or an address, by PUT with a bearer token."""
    from tutela.connectors.bundle import open_bundle
    from tutela.connectors.bundle_keys import read_publics
    from tutela.connectors.bundle_push import is_address, push_to_address, push_to_folder

    choose(lang)
    found = open_bundle(bundle, read_publics(keys))
    place = push_to_address(found, target, token_env) if is_address(target) else push_to_folder(found, Path(target))
    _say(found, str(place), language(lang))
    return 0


def _say(bundle: Bundle, where: str, lang: Lang) -> None:
    from tutela.reports.text import visible

    made = bundle.manifest
    count, signed = len(made.files), len(bundle.signatures)
    if lang == "zh":
        text = f"{where}:{made.name} {made.revision},{count} 个文件,{signed} 个签名,{bundle.digest}"
    else:
        plural = "" if signed == 1 else "s"
        text = f"{where}: {made.name} {made.revision}, {count} files, {signed} signature{plural}, {bundle.digest}"
    click.echo(visible(text))


def _fail(code: str, where: str) -> NoReturn:
    from tutela.engine.errors import InputError, Location, Problem

    raise InputError([Problem(code=code, location=Location(where))])
