"""Who may ask what: API keys, tokens of every wrong kind, permissions and rates, against a real service."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import re
import shutil
import subprocess
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

sys.path.insert(0, str(Path(__file__).parent))
from conftest import PROJECT, TOOL, served
from credentials import AUDIENCE, ISSUER, Signer, key_set, shared_secret, unsigned

from tutela.server.auth import KEPT, Access
from tutela.server.configuration import Configuration, read_configuration
from tutela.server.rates import Rates
from tutela.server.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Serving

    from tutela.server.callers import Caller

PATH = "/access/v1/evaluation"
NOTHING: dict[str, Any] = {}
ASK: dict[str, Any] = {
    "subject": {"type": "user", "id": "alice"},
    "action": {"name": "read"},
    "resource": {"type": "record", "id": "record-1"},
}
KEYS = {name: f"tutela_{name}" for name in ("all", "asks", "reads", "slow", "old")}
EC, RSA, ED, OTHER = (Signer.make(*args) for args in (("ec",), ("rsa", "RS256"), ("ed", "EdDSA"), ("ec",)))
WEAK = Signer("weak", "RS256", rsa.generate_private_key(65537, 1024))  # noqa: S505 (it must not count)
TABLE = f"""
[serve.jwt]
issuer = "{ISSUER}"
audience = ["{AUDIENCE}", "other"]
algorithms = ["ES256", "RS256", "EdDSA"]
jwks = "keys.json"
leeway = 5

[[serve.callers]]
name = "all"
permissions = ["evaluate", "search", "administer"]
keys = ["HASH:all", "HASH:old"]

[[serve.callers]]
name = "asks"
permissions = ["evaluate"]
keys = ["HASH:asks"]

[[serve.callers]]
name = "reads"
permissions = ["evaluate", "search"]
keys = ["HASH:reads"]
subject_types = ["user"]
actions = ["read"]

[[serve.callers]]
name = "slow"
permissions = ["evaluate"]
keys = ["HASH:slow"]
rate = 0.001
burst = 5

[[serve.callers]]
name = "crm"
permissions = ["evaluate"]
token = {{sub = "crm"}}

[[serve.callers]]
name = "group"
permissions = ["evaluate"]
token = {{groups = "pdp", scope = "decide"}}
"""


def digest(key: str) -> str:
    """The hash that stands for a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def project(folder: Path) -> Path:
    """A project that knows its callers."""
    copy = Path(shutil.copytree(PROJECT, folder / "copy"))
    table = re.sub(r"HASH:(\w+)", lambda found: digest(KEYS[found[1]]), TABLE)
    (copy / "tutela.toml").write_text((copy / "tutela.toml").read_text(encoding="utf-8") + table, encoding="utf-8")
    (copy / "keys.json").write_text(key_set(EC, RSA, ED, WEAK), encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def guarded(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A service that knows its callers."""
    with served("--access-log", env=environment, cwd=project(tmp_path_factory.mktemp("auth"))) as service:
        yield service


def bearer(credential: str) -> dict[str, str]:
    """The header that states a credential."""
    return {"Authorization": f"Bearer {credential}"}


@pytest.mark.parametrize("name", ["all", "old", "asks", "reads"])
def test_a_key_is_known_by_its_hash(guarded: Serving, name: str) -> None:
    """Several keys of one caller count, so that one can take the place of another."""
    for _ in range(3):
        assert guarded.ask(PATH, ASK, headers=bearer(KEYS[name])).json["decision"]


def test_a_new_key_is_printed_with_its_hash(environment: dict[str, str], tmp_path: Path) -> None:
    """In any folder; two runs print two keys, and the key is nowhere but on the standard output."""
    found: set[str] = set()
    for _ in range(2):
        done = subprocess.run(
            [TOOL, "serve", "key"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        lines = dict(line.split() for line in done.stdout.splitlines())
        assert digest(lines["key"]) == lines["hash"]
        assert re.fullmatch(r"tutela_[\w-]{43}", lines["key"])
        assert lines["key"] not in done.stderr
        found.add(lines["key"])

    assert 2 == len(found)


def weak() -> str:
    """A token signed with a key that is too short; whoever makes one is warned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return WEAK.token()


def wrong_credentials() -> dict[str, dict[str, str]]:
    """Every kind of credential that must not count."""
    now = int(time.time())
    good = EC.token()
    head, claims, signature = good.split(".")
    mixed = Signer("rsa", "ES256", EC.key).token()
    confused = shared_secret(RSA)
    return {
        "nothing": {},
        "empty": {"Authorization": ""},
        "scheme only": {"Authorization": "Bearer"},
        "basic": {"Authorization": "Basic YTpi"},
        "no key": bearer("tutela_"),
        "other key": bearer("tutela_other"),
        "key in capitals": bearer(KEYS["all"].upper()),
        "hash as key": bearer(digest(KEYS["all"])),
        "letters": {"Authorization": "Bearer caf\xe9"},
        "no token": bearer("a.b.c"),
        "alg none": bearer(unsigned()),
        "alg none with a key": bearer(unsigned(kid="ec")),
        "alg NONE": bearer(unsigned(alg="NONE", kid="ec")),
        "signature gone": bearer(f"{head}.{claims}."),
        "signature of another": bearer(OTHER.token()),
        "signature cut": bearer(good[:-8]),
        "claims of another": bearer(f"{head}.{EC.token(sub='admin').split('.')[1]}.{signature}"),
        "secret shared": bearer(confused),
        "algorithm of another key": bearer(mixed),
        "key unknown": bearer(Signer("new", "ES256", EC.key).token()),
        "key unnamed": bearer(EC.token(head={"kid": None})),
        "critical": bearer(EC.token(head={"crit": ["x"], "x": 1})),
        "expired": bearer(EC.token(exp=now - 60)),
        "without end": bearer(EC.token(exp=None)),
        "end is a text": bearer(EC.token(exp="tomorrow")),
        "end in digits": bearer(EC.token(exp=str(now + 600))),
        "end without end": bearer(EC.token(exp=10**400)),
        "begin is a text": bearer(EC.token(nbf="1_0")),
        "begin is a flag": bearer(EC.token(nbf=True)),
        "short key": bearer(weak()),
        "not yet": bearer(EC.token(nbf=now + 600)),
        "from the future": bearer(EC.token(iat=now + 600)),
        "audience": bearer(EC.token(aud="elsewhere")),
        "no audience": bearer(EC.token(aud=None)),
        "issuer": bearer(EC.token(iss="https://evil.example.com")),
        "no issuer": bearer(EC.token(iss=None)),
        "long": bearer("a" * 30_000),
    }


@pytest.mark.parametrize("kind", sorted(wrong_credentials()))
@pytest.mark.parametrize("path", [PATH, "/metrics"])
def test_a_wrong_credential_counts_for_nothing(guarded: Serving, kind: str, path: str) -> None:
    """Status 401 with a challenge, no decision, and no word of the credential in answer and log."""
    headers = wrong_credentials()[kind]
    reply = guarded.ask(path, ASK if path == PATH else None, method="POST" if path == PATH else "GET", headers=headers)

    assert 401 == reply.status, reply
    assert reply.headers["www-authenticate"].startswith('Bearer realm="tutela"')
    assert reply.json["error"]["code"] == ("auth-wrong" if headers else "auth-missing")
    assert "decision" not in reply.json
    credential = headers.get("Authorization", "").rpartition(" ")[2]
    assert len(credential) < 10 or credential not in reply.body.decode()


def test_why_a_token_does_not_count_is_told_where_it_helps(guarded: Serving) -> None:
    """Expired, made for another service, of another provider; nothing about signatures and keys."""
    wrong = wrong_credentials()
    said = {
        k: guarded.ask(PATH, ASK, headers=wrong[k]).json["error"]["message"] for k in ("expired", "audience", "issuer")
    }

    assert [
        "expired" in said["expired"],
        "another service" in said["audience"],
        "another provider" in said["issuer"],
    ] == [True] * 3


@pytest.mark.parametrize("signer", [EC, RSA, ED], ids=lambda signer: signer.algorithm)
def test_a_token_counts(guarded: Serving, signer: Signer) -> None:
    """Signed by a key of the provider, for this service (one of several), within the leeway; again and again."""
    now = int(time.time())
    for token in (signer.token(), signer.token(aud=["x", "other"]), signer.token(exp=now - 1), signer.token()):
        for _ in range(2):
            assert guarded.ask(PATH, ASK, headers=bearer(token)).json["decision"]


def test_a_caller_is_found_by_claims(guarded: Serving) -> None:
    """Of a list or a scope one is enough; all claims must fit, and a subject that nobody named may not ask."""
    fits = EC.token(sub="x", groups=["a", "pdp"], scope="read decide")
    for token, status in (
        (fits, 200),
        (EC.token(sub="x", groups=["pdp"], scope="decided"), 403),
        (EC.token(sub="x", groups="pdp", scope=["decide"]), 200),
        (EC.token(sub="x", groups={"pdp": 1}, scope="decide"), 403),
        (EC.token(sub="crm "), 403),
        (EC.token(sub=None), 403),
    ):
        assert status == guarded.ask(PATH, ASK, headers=bearer(token)).status


def test_a_remembered_token_ends_with_its_time(guarded: Serving) -> None:
    """What counted once counts no more when it has expired, leeway included."""
    token = EC.token(exp=int(time.time()) - 3)
    assert 200 == guarded.ask(PATH, ASK, headers=bearer(token)).status
    guarded.until(PATH, lambda reply: reply.status == 401, method="POST", body=ASK, headers=bearer(token))


@pytest.mark.parametrize(
    ("name", "method", "path", "body", "status"),
    [
        ("asks", "POST", PATH, ASK, 200),
        ("asks", "POST", "/access/v1/evaluations", {**ASK, "evaluations": [NOTHING]}, 200),
        ("asks", "POST", "/access/v1/search/action", ASK, 403),
        ("asks", "GET", "/metrics", None, 403),
        ("asks", "POST", "/v1/reload", None, 403),
        ("reads", "POST", "/access/v1/search/action", ASK, 200),
        ("all", "GET", "/metrics", None, 200),
        ("all", "POST", "/v1/reload", None, 200),
        ("reads", "POST", PATH, {**ASK, "action": {"name": "delete"}}, 403),
        ("reads", "POST", PATH, {**ASK, "subject": {"type": "employee", "id": "alice"}}, 403),
        ("reads", "POST", "/access/v1/search/subject", {**ASK, "subject": {"type": "employee"}}, 403),
        ("reads", "POST", "/access/v1/search/resource", {**ASK, "action": {"name": "delete"}}, 403),
    ],
)
def test_permissions_are_held(
    guarded: Serving,
    name: str,
    method: str,
    path: str,
    body: object,
    status: int,
) -> None:
    """Who may ask, search and administer, and about whom and what."""
    assert status == guarded.ask(path, body, method=method, headers=bearer(KEYS[name])).status


def test_one_item_that_is_not_to_ask_denies_that_item(guarded: Serving) -> None:
    """The others of the batch are answered; a search for actions finds those only that the caller may ask about."""
    batch = {
        **ASK,
        "evaluations": [NOTHING, {"action": {"name": "delete"}}, {"subject": {"type": "service", "id": "x"}}],
    }
    items = guarded.ask("/access/v1/evaluations", batch, headers=bearer(KEYS["reads"])).json["evaluations"]
    found = {
        name: [
            r["name"] for r in guarded.ask("/access/v1/search/action", ASK, headers=bearer(KEYS[name])).json["results"]
        ]
        for name in ("all", "reads")
    }

    assert [True, False, False] == [item["decision"] for item in items]
    assert ["caller-action", "caller-subject"] == [item["context"]["error"]["code"] for item in items[1:]]
    assert ["read"] == found["reads"]
    assert len(found["all"]) > 1


def test_health_and_description_need_no_credential(guarded: Serving) -> None:
    """Probes and people have none."""
    for path in ("/healthz", "/readyz", "/openapi.json", "/docs"):
        assert 200 == guarded.ask(path, method="GET").status


def test_a_caller_who_asks_too_often_waits(guarded: Serving) -> None:
    """As many as the burst go through, items of a batch count, and the refusal says for how long."""
    headers = bearer(KEYS["slow"])
    batch = guarded.ask("/access/v1/evaluations", {**ASK, "evaluations": [NOTHING] * 3}, headers=headers)
    found = [guarded.ask(PATH, ASK, headers=headers) for _ in range(4)]

    assert [200, 200, 200, 429, 429] == [batch.status, *(reply.status for reply in found)]
    assert "rate-limited" == found[-1].json["error"]["code"]
    assert 900 < int(found[-1].headers["retry-after"]) <= 1000
    assert 200 == guarded.ask(PATH, ASK, headers=bearer(KEYS["all"])).status


@pytest.mark.parametrize("wait", [(), ("--wait-ready",)], ids=["ready", "not-ready"])
def test_refusals_are_logged_with_their_caller(start: Callable[..., Serving], tmp_path: Path, wait: list[str]) -> None:
    """Who may not ask, and who asks too often, is known; who has no credential that counts is not, whatever it says."""
    copy = project(tmp_path)
    if wait:
        (copy / "policies" / "wrong.yaml").write_text("kind: acces\n", encoding="utf-8")
    service = start("--access-log", "--log-format", "json", *wait, cwd=copy)
    search = "/access/v1/search/action"
    slow, nobody, group = bearer(KEYS["slow"]), bearer("tutela_nobody"), bearer(EC.token(sub="x"))
    if not wait:
        service.ask("/access/v1/evaluations", {**ASK, "evaluations": [NOTHING] * 5}, headers=slow)
        service.ask(PATH, ASK, headers=slow)
        service.ask(search, ASK, headers=bearer(KEYS["asks"]))
        service.ask(PATH, {**ASK, "action": {"name": "write"}}, headers=bearer(KEYS["reads"]))
        service.ask(PATH, ASK, headers=nobody)
        service.ask(PATH, ASK, headers=group)
        service.ask(PATH, b"{", headers=bearer(KEYS["all"]))
        service.ask(PATH, ASK, headers=bearer(KEYS["all"]))
    service.ask("/metrics", method="GET", headers=bearer(KEYS["asks"]))
    service.ask("/metrics", method="GET", headers=bearer(KEYS["all"]))
    service.ask("/metrics", method="GET", headers=nobody)
    service.ask("/healthz", method="GET", headers=bearer(KEYS["all"]))
    service.stop()
    lines = [json.loads(line) for line in service.said.splitlines()]
    found = [(line["status"], line["caller"]) for line in lines if line["message"] == "request"]

    of_questions = [(200, "slow"), (429, "slow"), (403, "asks"), (403, "reads"), (401, "-"), (403, "-"), (400, "all")]
    of_pages = [(403, "asks"), (200, "all"), (401, "-"), (200, "-")]
    assert [*([] if wait else [*of_questions, (200, "all")]), *of_pages] == found


def callers_of(*names: str) -> tuple[Caller, ...]:
    """Callers with a rate of ten and a burst of four."""
    one = {"permissions": ["evaluate"], "rate": 10, "burst": 4}
    callers = [{**one, "name": name, "keys": [digest(name)]} for name in names]
    return read_configuration({"callers": callers}, "x", Path).callers


def may(rates: Rates, caller: Caller, count: int = 1) -> bool:
    """Whether a caller may ask, who has asked then."""
    try:
        rates.take(caller, count)
    except Refused as error:
        return error.status != 429
    return True


def test_a_bucket_is_its_callers_whoever_else_comes_and_goes() -> None:
    """A caller before the others in new settings empties nobody's bucket, and fills none."""
    rates = Rates(lambda: 0.0)
    for settings in (("a", "b"), ("new", "a", "b"), ("b",), ("b", "a")):
        configuration = Configuration(callers=callers_of(*settings))
        access = Access(configuration, rates, None)
        by_name = {caller.name: caller for caller in configuration.callers}
        if settings == ("a", "b"):
            access.charge(by_name["a"], 4)
        else:
            assert "a" not in by_name or not may(rates, by_name["a"])
            access.charge(by_name["b"], 1)
        if "new" in by_name:
            access.charge(by_name["new"], 1)

    assert may(rates, callers_of("b")[0])
    assert not may(rates, callers_of("b")[0])


def test_each_of_many_callers_has_a_bucket_of_its_own() -> None:
    """As many as there are hundreds of, under names that are alike; workers find the same ones."""
    rates = Rates(lambda: 0.0)
    callers = callers_of(*(f"caller-{number}" for number in range(3000)))
    assert all(may(rates, caller, 4) for caller in callers)
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork"), _hold, (rates,)) as other:
        assert {False} == set(other.map(_held_may, callers, chunksize=3000))
    assert may(rates, callers_of("another")[0])


_HELD: list[Rates] = []


def _hold(rates: Rates) -> None:
    _HELD.append(rates)


def _held_may(caller: Caller) -> bool:
    return may(_HELD[0], caller)


def test_more_callers_than_there_are_buckets_share_them() -> None:
    """They are held to a rate all the same, and nobody waits for a place."""
    rates = Rates(lambda: 0.0, places=64)
    callers = callers_of(*(f"caller-{number}" for number in range(100)))
    for caller in callers:
        may(rates, caller, 4)

    assert not any(may(rates, caller) for caller in callers)


def test_a_bucket_fills_again() -> None:
    """Under a clock of the test: never more than burst and what has flowed in since."""
    now = 0.0
    rates = Rates(lambda: now)
    (caller,) = callers_of("a")

    def taken(count: int = 1) -> bool:
        return may(rates, caller, count)

    assert [True] * 4 + [False] == [taken() for _ in range(5)]
    now = 0.1
    assert [True, False] == [taken(), taken()]
    now = 100.0
    assert [True] * 4 + [False] == [taken() for _ in range(5)]
    now = 200.0
    assert taken(20)
    now = 201.6
    assert not taken()
    now = 201.8
    assert taken()


def test_what_is_remembered_is_bounded() -> None:
    """However many tokens there are, and keys count whichever was remembered."""
    now = time.time()
    table = {
        "callers": [{"name": "crm", "permissions": ["evaluate"], "token": {"iss": ISSUER}}],
        "jwt": {"issuer": ISSUER, "audience": [AUDIENCE], "algorithms": ["EdDSA"], "jwks": "https://x/"},
    }
    configuration = read_configuration(table, "x", Path)
    assert configuration.jwt is not None
    from tutela.server.auth_keys import KeySet

    keys = KeySet(configuration.jwt)
    keys.take(key_set(ED).encode())
    access = Access(configuration, Rates(), keys, lambda: now)

    tokens = (f"Bearer {ED.token(sub=str(number))}".encode() for number in range(KEPT + 10))
    assert {"crm"} == {access({b"authorization": token}, {}).name for token in tokens}
    assert 0 < access.remembered <= KEPT


def test_the_log_names_callers_and_no_data(guarded: Serving) -> None:
    """Run last: what the service said about all requests above."""
    guarded.ask(PATH, {**ASK, "subject": {"type": "user", "id": "rick-4711"}}, headers=bearer(KEYS["asks"]))
    assert 0 == guarded.stop()

    assert "caller=asks" in guarded.said
    for word in ("rick-4711", "alice", "record-1", *KEYS.values(), "eyJ"):
        assert word not in guarded.said
    assert json.dumps(KEYS["all"]) not in guarded.said
