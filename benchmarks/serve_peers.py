"""The servers that `serve` measures: each is started on a port with the same rules, and asked in its own words."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .contender import render
from .subject import write_policies
from .workload import authzen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .workload import Case, Rule

CEL = {
    "same_department": "P.attr.department == R.attr.owner_department",
    "clearance": "R.attr.sensitivity <= P.attr.clearance",
    "purpose": "R.attr.purpose in {0}",
    "same_region": "P.attr.region == R.attr.region",
    "hours": "R.attr.hour >= {0} && R.attr.hour < {1}",
    "mfa": "P.attr.mfa == true",
    "channel_not": 'R.attr.channel != "{0}"',
    "owner_or_department": "(R.attr.owner == P.id || P.attr.department == R.attr.owner_department)",
}
KEY = "tutela_benchmark"
BEARER = {"Authorization": f"Bearer {KEY}"}
RAW = """
async def app(scope, receive, send):
    await receive()
    body = b'{"decision":true}'
    head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})
"""
STARLETTE = """
import json, os, cedarpy
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
POLICIES = cedarpy.PolicySet.from_str(open(os.environ["BENCH_CEDAR"]).read())
ENTITIES = cedarpy.Entities.from_json_str("[]")
async def check(request):
    return JSONResponse({"decision": cedarpy.is_authorized(await request.json(), POLICIES, ENTITIES).allowed})
app = Starlette(routes=[Route("/check", check, methods=["POST"])])
"""


class Peer(NamedTuple):
    """A server: how it is started in a folder, what is sent where, and how its answer reads."""

    name: str
    path: str
    start: Callable[[Path, list[Rule], int], tuple[list[str], dict[str, str]] | None]
    body: Callable[[Case], dict[str, Any]]
    allowed: Callable[[Any], bool] | None
    """None: it decides nothing."""
    headers: Mapping[str, str] = {}
    """How its callers show who they are."""


def _tutela(
    folder: Path, rules: list[Rule], port: int, *, callers: bool = False, log: bool = False
) -> tuple[list[str], dict[str, str]]:
    write_policies(folder / "policies", rules)
    settings = 'policies = ["policies"]\n'
    if callers:
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        settings += f'[[serve.callers]]\nname = "bench"\npermissions = ["evaluate"]\nkeys = ["{digest}"]\n'
    if log:
        settings += '[decision_log]\naddress = "decisions.jsonl"\n'
    (folder / "tutela.toml").write_text(settings, "utf-8")
    return [str(Path(sys.executable).parent / "tutela"), "serve", "--port", str(port)], {}


def plain(folder: Path, rules: list[Rule], port: int) -> tuple[list[str], dict[str, str]]:
    """tutela as it is."""
    return _tutela(folder, rules, port)


def authenticated(folder: Path, rules: list[Rule], port: int) -> tuple[list[str], dict[str, str]]:
    """tutela for callers that it knows by their keys."""
    return _tutela(folder, rules, port, callers=True)


def recorded(folder: Path, rules: list[Rule], port: int) -> tuple[list[str], dict[str, str]]:
    """The same with every decision on the disk before it is told."""
    return _tutela(folder, rules, port, callers=True, log=True)


def ask_tutela(case: Case) -> dict[str, Any]:
    """A request in AuthZEN's form."""
    found = authzen(case)
    del found["as_of"]
    return {**found, "action": {"name": found["action"]}}


def raw(folder: Path, _rules: list[Rule], port: int) -> tuple[list[str], dict[str, str]]:
    """uvicorn with a constant answer: what the transport costs."""
    (folder / "constant.py").write_text(RAW, "utf-8")
    return _uvicorn("constant", port), {"PYTHONPATH": str(folder)}


def starlette(folder: Path, rules: list[Rule], port: int) -> tuple[list[str], dict[str, str]] | None:
    """An application as one would write it around Cedar."""
    try:
        import cedarpy  # noqa: F401
        import starlette.applications  # noqa: F401
    except ImportError:
        return None
    from .engines import CEDAR

    text = "\n".join(
        f"{'permit' if rule.effect == 'allow' else 'forbid'}"
        f'(principal, action == Action::"{rule.action}", resource == Table::"{rule.table}")'
        f' when {{ context.role == "{rule.role}" && {render(rule, CEDAR, " && ")} }};'
        for rule in rules
    )
    (folder / "rules.cedar").write_text(text, "utf-8")
    (folder / "around.py").write_text(STARLETTE, "utf-8")
    return _uvicorn("around", port), {"PYTHONPATH": str(folder), "BENCH_CEDAR": str(folder / "rules.cedar")}


def _uvicorn(module: str, port: int) -> list[str]:
    return [sys.executable, "-m", "uvicorn", f"{module}:app", "--port", str(port), "--log-level", "error",
            "--no-access-log", "--loop", "uvloop", "--http", "httptools"]  # fmt: skip


def ask_cedar(case: Case) -> dict[str, Any]:
    """Cedar's request."""
    from .engines import cedarpy_prepare

    found = cedarpy_prepare(case)
    return {**found, "context": json.loads(found["context"])}


def cerbos(folder: Path, rules: list[Rule], port: int) -> tuple[list[str], dict[str, str]] | None:
    """Cerbos from npm; the binary is fetched once."""
    binary = _cerbos_binary()
    if binary is None:
        return None
    policies = folder / "cerbos"
    policies.mkdir()
    by_table: dict[str, list[Rule]] = {}
    for rule in rules:
        by_table.setdefault(rule.table, []).append(rule)
    for table, found in by_table.items():
        document = {
            "apiVersion": "api.cerbos.dev/v1",
            "resourcePolicy": {
                "resource": table,
                "version": "default",
                "rules": [_cerbos_rule(rule) for rule in found],
            },
        }
        (policies / f"{table}.json").write_text(json.dumps(document), "utf-8")
    settings = {
        "server": {"httpListenAddr": f"127.0.0.1:{port}", "grpcListenAddr": f"127.0.0.1:{port + 1}"},
        "storage": {"driver": "disk", "disk": {"directory": str(policies), "watchForChanges": False}},
        "telemetry": {"disabled": True},
    }
    (folder / "cerbos.json").write_text(json.dumps(settings), "utf-8")
    return [str(binary), "server", "--config", str(folder / "cerbos.json"), "--log-level", "error"], {}


def _cerbos_rule(rule: Rule) -> dict[str, Any]:
    effect = "EFFECT_ALLOW" if rule.effect == "allow" else "EFFECT_DENY"
    condition = {"match": {"expr": render(rule, CEL, " && ")}}
    return {"actions": [rule.action], "effect": effect, "roles": [rule.role], "condition": condition}


def _cerbos_binary() -> Path | None:
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tutela-bench"
    found = folder / "node_modules" / ".bin" / "cerbos"
    if not found.exists():
        if shutil.which("npm") is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--prefix", str(folder), "cerbos"], capture_output=True, check=False)
        if done.returncode:
            return None
    binaries = sorted((folder / "node_modules" / "@cerbos").glob("cerbos-*/cerbos-*"))
    return next((path for path in binaries if os.access(path, os.X_OK)), None)


def ask_cerbos(case: Case) -> dict[str, Any]:
    """Cerbos's request; its resources have the attributes of the context, too, for it knows none."""
    attributes = {
        "owner_department": case.owner_department, "sensitivity": case.sensitivity, "region": case.resource_region,
        "owner": case.owner, "purpose": case.purpose, "hour": case.hour, "channel": case.channel,
    }  # fmt: skip
    principal = {
        "id": case.user, "roles": [case.role],
        "attr": {"department": case.department, "clearance": case.clearance, "region": case.subject_region,
                 "mfa": case.mfa},
    }  # fmt: skip
    resource = {"kind": case.table, "id": case.resource, "attr": attributes}
    return {
        "requestId": "bench",
        "principal": principal,
        "resources": [{"resource": resource, "actions": [case.action]}],
    }


def _cerbos_allowed(answer: Any) -> bool:
    (effect,) = answer["results"][0]["actions"].values()
    return effect == "EFFECT_ALLOW"


def _decision(answer: Any) -> bool:
    return answer["decision"]


PEERS = (
    Peer("uvicorn, constant answer", "/x", raw, ask_tutela, None),
    Peer("tutela", "/access/v1/evaluation", plain, ask_tutela, _decision),
    Peer("tutela, authenticated", "/access/v1/evaluation", authenticated, ask_tutela, _decision, BEARER),
    Peer("tutela, and recorded", "/access/v1/evaluation", recorded, ask_tutela, _decision, BEARER),
    Peer("starlette around cedarpy", "/check", starlette, ask_cedar, _decision),
    Peer("cerbos", "/api/check/resources", cerbos, ask_cerbos, _cerbos_allowed),
)
