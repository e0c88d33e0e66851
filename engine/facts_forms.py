"""Sharing and use requests: content, approvals with what was true of the approver when signing, agreements."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from .digest import canonical
from .facts_people import department, employed, senior
from .periods import day_end, day_start
from .plain import is_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from .facts_data import DataFacts
    from .facts_people import People
    from .request import Request

UNHASHED: Final = frozenset({"approvals", "filing", "status", "idempotency_key"})
"""Fields of a form that an approval does not bind: they change after it."""

DEAD: Final = frozenset({"draft", "rejected", "revoked", "expired"})
"""In these states no approval of a request stands."""

GONE: Final = frozenset({"draft", "rejected", "revoked"})
"""Requests in these states do not count towards an accumulated volume."""


class FormFacts:
    """Look-ups in the registers of requests, approvals, filings, agreements and consents."""

    __slots__ = (
        "_agreements",
        "_approvals",
        "_consents",
        "_data",
        "_filings",
        "_partners",
        "_people",
        "_registered",
        "_sharing",
        "_use",
        "_zone",
    )

    def __init__(
        self,
        registers: Mapping[str, Sequence[dict[str, Any]]],
        people: People,
        data: DataFacts,
        zone: ZoneInfo,
    ) -> None:
        self._people = people
        self._data = data
        self._zone = zone
        self._sharing = {entry["id"]: entry for entry in registers.get("sharing_requests", ())}
        self._use = {entry["id"]: entry for entry in registers.get("use_requests", ())}
        self._approvals: dict[str, list[dict[str, Any]]] = {}
        for approval in registers.get("approvals", ()):
            self._approvals.setdefault(approval["request_id"], []).append(approval)
        self._filings = {filing["request_id"]: filing for filing in registers.get("filings", ())}
        self._agreements: dict[str, list[dict[str, Any]]] = {}
        for agreement in registers.get("agreements", ()):
            self._agreements.setdefault(agreement["partner"], []).append(agreement)
        self._registered = {name: name in registers for name in ("approvals", "filings")}
        self._partners = {entry["id"]: entry for entry in registers.get("partners", ())}
        self._consents: dict[str, list[dict[str, Any]]] = {}
        for consent in registers.get("consents", ()):
            self._consents.setdefault(consent["subject"], []).append(consent)

    def sharing(self, resource: dict[str, Any], request: Request) -> dict[str, Any]:
        """What rules read about an application to share."""
        form = self._sharing.get(resource["id"]) or form_of(resource)
        if form is None:
            return {}
        recipient, content, now = form["recipient"], form["content"], request.now
        ids = content["subjects"].get("ids", ())
        count = max(content["subjects"]["count"], len(ids))
        partner = self._partners.get(recipient["id"])
        return {
            **self._common(form, now, declared=resource["id"] in self._sharing),
            "recipient": recipient["id"],
            "recipient_kind": recipient["kind"] if partner is None else partner_kind(partner),
            "recipient_country": recipient.get("country") if partner is None else partner["country"],
            "mode": form.get("mode", "share"),
            **self._content(content["categories"], content.get("columns", ())),
            "subject_count": count,
            "form": content.get("form", "identifiable"),
            "partner_agreements": [self._agreement(entry) for entry in self._agreements.get(recipient["id"], ())],
            "earlier_shares": self._earlier(form),
            "written_authorisation": len(ids) >= count and self._written(form, ids, recipient["id"], now),
            "transfer_channel": form["transfer"]["channel"],
            "executor": form["transfer"].get("executor"),
        }

    def use(self, resource: dict[str, Any], request: Request) -> dict[str, Any]:
        """What rules read about an application to use."""
        form = self._use.get(resource["id"]) or form_of(resource)
        if form is None:
            return {}
        scope = form["scope"]
        customers = scope["customers"]
        ids = customers.get("ids", ())
        return {
            **self._common(form, request.now, declared=resource["id"] in self._use),
            **self._content(scope["categories"], scope.get("columns", ()), stated=form.get("sensitive", False)),
            "subject_count": max(customers.get("estimated_count", 0), len(ids)),
            "written_authorisation": self._written(form, ids, None, request.now),
            "export": scope.get("export", False),
            "max_rows": scope.get("max_rows"),
        }

    def reference(self, request_id: object, person: str, resource: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """What an access says about the use request that it names: nothing is approved when there is none."""
        form = self._use.get(request_id) if isinstance(request_id, str) else None
        if form is None:
            return {
                "request_covers": False,
                "request_known": False,
                "request_approvals": [],
                "request_export": False,
                "request_max_rows": None,
                "request_from": None,
                "request_to": None,
                "request_filed_at": None,
                "request_filed_by_department": None,
                "request_second_level": True,
            }
        scope = form["scope"]
        common = self._common(form, now, declared=True)
        content = self._content(scope["categories"], scope.get("columns", ()), stated=form.get("sensitive", False))
        return {
            "request_known": True,
            "request_second_level": bool(form.get("important_customers", True)) or content["sensitive"],
            "request_filed_by_department": common["filed_by_department"],
            "request_covers": covers(form, person, resource),
            "request_approvals": common["approvals"],
            "request_export": scope.get("export", False),
            "request_max_rows": scope.get("max_rows"),
            "request_from": common["period_from"],
            "request_to": common["period_to"],
            "request_filed_at": common["filed_at"],
        }

    def _common(self, form: Mapping[str, Any], now: datetime, *, declared: bool) -> dict[str, Any]:
        filing = self._filings.get(form["id"])
        if filing is None and (declared or not self._registered["filings"]):
            filing = form.get("filing")
        filed_at = filing["filed_at"] if filing else None
        filer = self._people.find(filing["filed_by"]) if filing else None
        found = {
            "applicant": form["applicant"],
            "department": form["department"],
            "purpose": form["purpose"],
            "purpose_text": form["purpose_text"],
            "period_from": day_start(form["period"]["from"], self._zone),
            "period_to": day_end(form["period"]["to"], self._zone),
            "submitted_at": form["submitted_at"],
            "status": form.get("status"),
            "approvals": self._signed(form, now, declared=declared),
            "filed_at": filed_at,
            "filed_by": filing["filed_by"] if filing else None,
            "filed_by_department": department(filer, filed_at) if filer and filed_at else None,
        }
        if "important_customers" in form:
            found["important_customers"] = form["important_customers"]
        return found

    def _content(
        self, stated_categories: Sequence[str], columns: Sequence[str], *, stated: bool = False
    ) -> dict[str, Any]:
        """What an application is about: the categories it states and those of the columns it lists."""
        categories = list(dict.fromkeys([*stated_categories, *self._data.categories_of(columns)]))
        return {
            "categories": categories,
            "columns": list(columns),
            "personal": self._data.personal(categories),
            "sensitive": stated or self._data.sensitive(categories),
        }

    def _signed(self, form: Mapping[str, Any], now: datetime, *, declared: bool) -> list[dict[str, Any]]:
        """Every approval with what the people register says about its approver at the moment of signing.

        Where approvals have a register of their own, those that an applicant writes into a form count for nothing.
        """
        entries = list(self._approvals.get(form["id"], ()))
        if not entries and (declared or not self._registered["approvals"]):
            entries = list(form.get("approvals", ()))
        expected = request_hash(form)
        applicant = self._people.find(form["applicant"])
        return [self._approval(entry, entries, form, applicant, expected, now) for entry in entries]

    def _approval(  # noqa: PLR0913 (one caller)
        self,
        entry: Mapping[str, Any],
        entries: Sequence[Mapping[str, Any]],
        form: Mapping[str, Any],
        applicant: Mapping[str, Any] | None,
        expected: str,
        now: datetime,
    ) -> dict[str, Any]:
        at: datetime = entry["at"]
        approver = self._people.find(entry["approver"])
        expires: datetime | None = entry.get("expires_at")
        # The department counts that the applicant belonged to when the approval was signed.
        code = department(applicant, at) if applicant else None
        heads = self._people.heads(code, at)
        # Whoever rejects or revokes the request later undoes what was approved before.
        undone = any(other["decision"] != "approve" and at <= other["at"] <= now for other in entries)
        plain = not entry.get("conditions") and form["submitted_at"] <= at and form.get("status") not in DEAD
        return {
            "id": entry["id"],
            "level": entry["level"],
            "decision": entry["decision"],
            "approver": entry["approver"],
            "at": at,
            "stands": plain and not undone and (expires is None or now < expires),
            "matches_request": entry["request_hash"] == expected and entry.get("request_id", form["id"]) == form["id"],
            "in_office": approver is not None and employed(approver, at),
            # Nobody knows who an unregistered applicant is: it may be the approver.
            "by_applicant": applicant is None or entry["approver"] == applicant["id"],
            "heads_department": entry["approver"] in heads,
            "applicant_is_head": applicant is not None and applicant["id"] in heads,
            "senior_management": approver is not None and senior(approver, at),
            "repeats_person": any(
                other["approver"] == entry["approver"] and other["level"] < entry["level"] for other in entries
            ),
        }

    def _agreement(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": entry["id"],
            "kinds": list(entry["kinds"]),
            "active": entry["status"] == "active" and entry["direction"] in ("outbound", "both"),
            "scope": list(entry["scope"]),
            "purposes": list(entry["purposes"]),
            "signed_at": day_start(entry["signed_at"], self._zone),
            "valid_from": day_start(entry["valid_from"], self._zone),
            "valid_to": day_end(entry["valid_to"], self._zone),
        }

    def _earlier(self, form: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Other requests for the same recipient and purpose, submitted earlier: splitting does not help."""
        return [
            {
                "id": other["id"],
                "subjects": max(
                    other["content"]["subjects"]["count"], len(other["content"]["subjects"].get("ids", ()))
                ),
                "at": other["submitted_at"],
            }
            for other in self._sharing.values()
            if other["id"] != form["id"]
            and other["recipient"]["id"] == form["recipient"]["id"]
            and other["purpose"] == form["purpose"]
            and other.get("status") not in GONE
            and other["submitted_at"] <= form["submitted_at"]
        ]

    def _written(self, form: Mapping[str, Any], subjects: Sequence[str], recipient: str | None, now: datetime) -> bool:
        """Whether every named customer authorised this in writing; false when the customers are not named."""
        return bool(subjects) and all(
            any(_authorises(consent, form["purpose"], recipient, now) for consent in self._consents.get(subject, ()))
            for subject in subjects
        )


def partner_kind(partner: Mapping[str, Any]) -> str:
    """What a registered partner is, whatever the applicant calls it; one that is not active is no recipient."""
    return str(partner["kind"]) if partner.get("status", "active") == "active" else "inactive_partner"


def covers(form: Mapping[str, Any], person: str, resource: Mapping[str, Any]) -> bool:
    """Whether a use request is for this person and for everything that an access touches.

    Columns count when the request lists them, else categories; a category covers those below it.
    """
    scope = form["scope"]
    if person not in (scope.get("users") or (form["applicant"],)):
        return False
    if scope.get("columns"):
        dataset = str(resource.get("dataset", resource.get("id")))
        wanted = {name.lower() for name in scope["columns"]}
        columns = [str(column) for column in resource.get("columns") or ["*"]]
        return all(f"{dataset}.{column}".lower() in wanted for column in columns)
    categories = resource.get("categories", ())
    if not categories and resource.get("personal", True):
        return False  # personal data of which nobody knows the categories is covered by nothing
    return all(
        any(category == allowed or category.startswith(f"{allowed}.") for allowed in scope["categories"])
        for category in categories
    )


def _authorises(consent: Mapping[str, Any], purpose: str, recipient: str | None, now: datetime) -> bool:
    withdrawn: datetime | None = consent.get("withdrawn_at")
    expires: datetime | None = consent.get("expires_at")
    return (
        consent["type"] == "written"
        and purpose in consent["purposes"]
        and (recipient is None or recipient in consent.get("recipients", ()))
        and consent["given_at"] <= now
        and (withdrawn is None or now < withdrawn)
        and (expires is None or now < expires)
    )


def form_of(resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The form that a connector attached to a request whose id no register knows."""
    form = resource.get("form_content")
    return form if is_map(form) else None


def request_hash(form: Mapping[str, Any]) -> str:
    """`sha256:` and 64 digits of what an approval binds: the form without approvals, filing and status."""
    content = {name: value for name, value in form.items() if name not in UNHASHED}
    return f"sha256:{hashlib.sha256(canonical(content).encode()).hexdigest()}"
