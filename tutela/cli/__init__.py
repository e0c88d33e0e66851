"""The command line: one module a command, imported when it is called."""

from __future__ import annotations

import gc
import io
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

COLLECT: Final = (400_000, 20, 20)
"""After how many new objects garbage is looked for, and how seldom among older ones."""
COMMANDS: Final = {
    "init": ("init", "Make a project that works at once."),
    "check": ("check", "Check policies: every problem of every file."),
    "test": ("policy_test", "Run the policy tests."),
    "decide": ("decide", "Answer requests: allow or deny, with every reason."),
    "explain": ("explain", "Show how a decision comes about, rule by rule and clause by clause."),
    "serve": ("serve", "Answer requests over HTTP (OpenID AuthZEN 1.0)."),
    "rewrite": ("rewrite", "Write row filters and masks into a query, or refuse it."),
    "classify": ("classify", "Say which data category each column of a schema holds."),
    "lint": ("lint", "Judge every column, table and right of schema files and live databases."),
    "audit": ("audit", "Judge every access in a log, as of its own time."),
    "share": ("share", "Check sharing and use requests."),
    "retention": ("retention", "Check groups of rows against their retention periods."),
    "duties": ("duties", "Judge what stands in the registers: reviews, leavers, tickets, shared data, channels."),
    "bundle": ("bundle", "Build, sign, verify and push bundles: policies in one signed file."),
    "log": ("log", "Verify, show, export and replay decision logs."),
    "coverage": ("coverage", "Say which requirements the policies enforce and test."),
    "rules": ("rules", "List the rules."),
    "rule": ("rule", "Show one rule: what it says, why, and its condition."),
    "schema": ("schema", "Print the JSON Schema of a file or report."),
}

EXIT_PROBLEM: Final = 2


class LazyGroup(click.Group):
    """A group that knows its commands by name and help, and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which people need them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"tutela.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for a mistyped one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from tutela import __version__

        click.echo(f"tutela {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
def group() -> None:
    """tutela: policy as code for customer data.

    Exit status: 0 clean or allowed; 1 findings, a denial or a failed test; 2 the job could not be done.
    """


def main(args: Sequence[str] | None = None) -> Any:  # noqa: ANN401 (click's own)
    """Run the command line; every error that is somebody's input ends as words on stderr and exit status 2."""
    # A run makes much that stays: to look for circles at every 700 objects takes an eighth of its time.
    gc.set_threshold(*COLLECT)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = group.main(args=None if args is None else list(args), standalone_mode=False)
    except click.ClickException as error:
        from .usage import show_usage

        show_usage(error, sys.argv[1:] if args is None else args)
        code = EXIT_PROBLEM
    except click.Abort:
        click.echo("aborted", err=True)
        code = EXIT_PROBLEM
    except BrokenPipeError:
        sys.stderr.close()
        code = EXIT_PROBLEM
    except Exception as error:  # noqa: BLE001 (the last line of defence: never a traceback for a user)
        from .problems import show

        code = show(error)
    sys.exit(code if isinstance(code, int) else 0)
