"""Cloud Audit Logs of BigQuery as JSON: entries of Cloud Logging, or rows of a log sink in BigQuery.

No service was at hand: the fields are those of Google's public documentation of BigQueryAuditMetadata and AuditData.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from tutela.engine.events import Event, Hole

from .log_json import first_keys, objects
from .log_mapped import LogMapping, event_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .log_lines import LogFile

Json = dict[str, object]
Fields = dict[str, object]

_SERVICE: Final = "bigquery.googleapis.com"
_NAMED: Final = re.compile(r"bigquery\.googleapis\.com|BigQueryAuditMetadata|servicedata_v1_bigquery")
_RESOURCE: Final = re.compile(
    r"(?:.*/)?projects/(?P<project>[^/]+)/datasets/(?P<dataset>[^/]+)(?:/tables/(?P<table>[^/]+))?"
)
_TABLE_EVENTS: Final = {
    "tableDataRead": "read", "tableDataChange": "update", "tableCreation": "ddl", "tableChange": "ddl",
    "tableDeletion": "ddl", "rowAccessPolicyCreation": "grant", "rowAccessPolicyChange": "grant",
    "rowAccessPolicyDeletion": "grant", "datasetChange": "grant", "datasetDeletion": "ddl",
}  # fmt: skip
_QUIET: Final = (
    "jobInsertion", "jobDeletion", "datasetCreation", "modelCreation", "modelMetadataChange", "modelDataChange",
    "modelDataRead", "modelDeletion", "routineCreation", "routineChange", "routineDeletion", "connectionChange",
    "unlinkDataset", "searchIndexCreation", "searchIndexDropping",
)  # fmt: skip
"""What touches no row of a table, or is told again when the job is done."""
_PERMISSION: Final = 7
"""google.rpc.Code PERMISSION_DENIED."""


def is_bigquery(head: list[str]) -> bool:
    """Whether lines begin such a log."""
    keys = first_keys(head)
    return bool(keys & {"protopayload", "protopayload_auditlog"}) and any(_NAMED.search(line) for line in head[:200])


def read_bigquery(file: LogFile, skipped: Callable[[], None]) -> Iterator[Event | Hole]:
    """Read entries one by one; those of other services are passed over."""
    names = LogMapping()
    mapping = replace(names, fields={name: name for name in names.fields})
    for item in objects(file):
        if isinstance(item, Hole):
            yield item
            continue
        number, entry = item
        payload = _inner(entry, "protoPayload") or _inner(entry, "protopayload_auditlog")
        if not payload:
            yield file.hole("log-line", number, format="bigquery")
            continue
        if _text(payload, "serviceName") not in ("", _SERVICE):
            skipped()
            continue
        found = _accesses(payload)
        if found is None:
            yield file.hole("log-line", number, format="bigquery")
        elif not found:
            skipped()
        for fields in found or ():
            yield _event(file, number, entry, payload, fields, mapping)


def _event(  # noqa: PLR0913 (an entry, its payload and what it touches)
    file: LogFile, number: int, entry: Json, payload: Json, fields: Fields, mapping: LogMapping
) -> Event | Hole:
    cut = bool(fields.pop("cut", False))
    request = _inner(payload, "requestMetadata")
    ours = {
        "id": _text(entry, "insertId") or _text(entry, "insertid"),
        "account": _text(_inner(payload, "authenticationInfo"), "principalEmail"),
        "at": _text(entry, "timestamp"),
        "source_ip": _text(request, "callerIp"),
        "application": _text(request, "callerSuppliedUserAgent"),
        "result": _result(payload, fields.pop("error", None)),
        **fields,
    }
    found = event_of(file, number, {name: value for name, value in ours.items() if value not in (None, "")}, mapping)
    return replace(found, statement_complete=False) if cut and isinstance(found, Event) else found


def _accesses(payload: Json) -> list[Fields] | None:
    """What an entry touches: nothing for what is no access, None for what is not known."""
    metadata = _inner(payload, "metadata")
    if not metadata and (text := _text(payload, "metadataJson")):
        try:
            loaded: object = json.loads(text)
        except (ValueError, RecursionError):
            return None
        metadata = cast("Json", loaded) if isinstance(loaded, dict) else {}
    if metadata:
        return _new(payload, metadata)
    legacy = _inner(payload, "serviceData") or _inner(payload, "servicedata_v1_bigquery")
    if legacy:
        return _old(payload, legacy)
    return [] if _text(payload, "methodName").lower().endswith((".get", ".list", "insert", "cancel")) else None


def _new(payload: Json, metadata: Json) -> list[Fields] | None:
    if "jobChange" in metadata:
        change = _inner(metadata, "jobChange")
        if _text(change, "after") not in ("", "DONE"):
            return []
        job = _inner(change, "job")
        return _job(
            _inner(job, "jobConfig"), _inner(job, "jobStats"), _inner(_inner(job, "jobStatus"), "errorResult"), "Config"
        )
    for name, action in _TABLE_EVENTS.items():
        if name in metadata:
            tables, database = _tables([_text(payload, "resourceName")])
            inside = _inner(metadata, name)
            columns = _texts(inside, "fields")
            rows = _count(inside, "insertedRowsCount", "deletedRowsCount") if action == "update" else None
            named: Fields = (
                {"columns": [f"{tables[0]}.{column}" for column in columns]}
                if columns and tables
                else {"tables": tables}
            )
            return [{"action": action, "database": database, "row_count": rows, **_anything(named)}]
    return [] if any(name in metadata for name in _QUIET) else None


def _old(payload: Json, legacy: Json) -> list[Fields] | None:
    if "jobCompletedEvent" in legacy:
        job = _inner(_inner(legacy, "jobCompletedEvent"), "job")
        return _job(
            _inner(job, "jobConfiguration"), _inner(job, "jobStatistics"), _inner(_inner(job, "jobStatus"), "error"), ""
        )
    reads = legacy.get("tableDataReadEvents")
    if isinstance(reads, list):
        return [
            {"action": "read", **_anything({"tables": _tables([event.get("tableName")])[0]})}
            for event in _objects(legacy, "tableDataReadEvents")
        ]
    if "tableDataListRequest" in legacy:
        tables, database = _tables([_text(payload, "resourceName")])
        return [{"action": "read", "database": database, **_anything({"tables": tables})}]
    if any(
        name in legacy
        for name in ("tableInsertRequest", "tableUpdateRequest", "tableInsertResponse", "tableUpdateResponse")
    ):
        tables, database = _tables([_text(payload, "resourceName")])
        return [{"action": "ddl", "database": database, **_anything({"tables": tables})}]
    if "setIamPolicyRequest" in legacy or "datasetUpdateRequest" in legacy:
        return [{"action": "grant", "tables": ["*"]}]
    return (
        []
        if all(name.startswith(("job", "dataset")) or name in ("@type", "policyResponse") for name in legacy)
        else None
    )


def _job(config: Json, stats: Json, error: Json, suffix: str) -> list[Fields] | None:
    """A job that is done: a query, an extract, a copy or a load. Fields of the older entries have no suffix."""
    base: Fields = {"error": error or None}
    query = _inner(config, f"query{suffix}")
    if query:
        inner = _inner(stats, "queryStats") or stats
        tables, database = _tables([*_listed(inner, "referencedTables"), *_listed(inner, "referencedViews")])
        sql = _text(query, "query")
        rows = _count(inner, "outputRowCount") if suffix else _count(inner, "queryOutputRowCount")
        more: Fields = {"tables": tables} if sql else _anything({"tables": tables})
        truncated = query.get("queryTruncated") is True
        return [
            {
                **base,
                "sql": sql,
                "action": None if sql else "read",
                "database": database,
                "row_count": rows,
                "cut": truncated,
                **more,
            }
        ]
    if extract := _inner(config, f"extract{suffix}"):
        tables, database = _tables([extract.get("sourceTable")])
        return [
            {
                **base,
                "action": "export",
                "database": database,
                "destination": "; ".join(_texts(extract, "destinationUris")),
                **_anything({"tables": tables}),
            }
        ]
    if copy := _inner(config, f"tableCopy{suffix}"):
        sources, database = _tables(_listed(copy, "sourceTables"))
        target, _ = _tables([copy.get("destinationTable")])
        return [
            {**base, "action": "read", "database": database, **_anything({"tables": sources})},
            {**base, "action": "insert", "database": database, **_anything({"tables": target})},
        ]
    if load := _inner(config, f"load{suffix}"):
        target, database = _tables([load.get("destinationTable")])
        return [{**base, "action": "insert", "database": database, **_anything({"tables": target})}]
    return None


def _anything(named: Fields) -> Fields:
    """What is touched; everything where nothing is named."""
    return named if any(named.values()) else {"tables": ["*"]}


def _tables(found: list[object]) -> tuple[list[str], str]:
    """Tables as `dataset.table` and the first one's project; `*` for one that is not understood."""
    tables, project = dict[str, None](), ""
    for item in found:
        if isinstance(item, dict):
            named = cast("Json", item)
            parts = [_text(named, key) or _text(named, key.lower()) for key in ("projectId", "datasetId", "tableId")]
            match = _RESOURCE.fullmatch("projects/{}/datasets/{}/tables/{}".format(*parts)) if all(parts) else None
        else:
            match = _RESOURCE.fullmatch(item) if isinstance(item, str) else None
        table = f"{match['dataset']}.{match['table'].split('$')[0]}" if match and match["table"] else "*"
        tables[table] = None
        project = project or (match["project"] if match else "")
    return list(tables), project


def _result(payload: Json, error: object) -> str:
    for status in (_inner(payload, "status"), cast("Json", error) if isinstance(error, dict) else {}):
        code = status.get("code")
        if code not in (None, 0, "0"):
            return "denied" if code in (_PERMISSION, str(_PERMISSION)) else "error"
        if not status.get("code") and status.get("message"):
            return "error"
    return "success"


def _inner(found: Mapping[str, object], key: str) -> Json:
    value = found.get(key, found.get(key.lower()))
    return cast("Json", value) if isinstance(value, dict) else {}


def _text(found: Mapping[str, object], key: str) -> str:
    value = found.get(key, found.get(key.lower()))
    return value if isinstance(value, str) else ""


def _listed(found: Mapping[str, object], key: str) -> list[object]:
    value = found.get(key, found.get(key.lower()))
    return cast("list[object]", value) if isinstance(value, list) else []


def _objects(found: Mapping[str, object], key: str) -> list[Json]:
    return [cast("Json", item) for item in _listed(found, key) if isinstance(item, dict)]


def _texts(found: Mapping[str, object], key: str) -> list[str]:
    return [item for item in _listed(found, key) if isinstance(item, str)]


def _count(found: Mapping[str, object], *names: str) -> int | None:
    values = [str(found[name]) for name in names if isinstance(found.get(name), str | int)]
    if not values or not all(value.isascii() and value.isdecimal() and len(value) <= 18 for value in values):
        return None
    return sum(int(value) for value in values)
