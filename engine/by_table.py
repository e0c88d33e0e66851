"""Columns whose names say little, and whose table says what they hold: `number` in a table of telephones.

`sessions.id`, `two_factor.code`, `phone_numbers.number` and `mails.to` are names for which a reader looks at the table.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from .column_types import is_binary, is_text
from .names import singular, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .tables import Table

_PHONE: Final = "personal.contact.phone"
_NAME: Final = "personal.name.full"
_EMAIL: Final = "personal.contact.email"
_TOKEN: Final = "personal.account.token"  # noqa: S105 (a category)
_PHONES: Final = frozenset(
    {"phone", "telephone", "mobile", "cellphone", "phonenumber", "phonebook", "dial", "ani", "msisdn", "callerid"}
    | {"fax", "hotline", "dnc", "donotcall", "tel"}
)
_MAILS: Final = frozenset({"mail", "email", "emailaddress", "mailbox", "mailqueue", "maillog", "emaillog", "smtp"})
SECRETS: Final = frozenset(
    {
        "token",
        "session",
        "secret",
        "otp",
        "totp",
        "credential",
        "twofactor",
        "2fa",
        "mfa",
        "tfa",
        "nonce",
        "webauthn",
        "oauth",
    }
    | {"passcode", "verificationcode", "passwordreset", "resettoken", "rememberme", "sso"}
)
"""Words of tables of what people prove with that it is they."""
_SECRET_PAIRS: Final = frozenset(
    {"password_reset", "two_factor", "reset_password", "remember_me", "email_verification", "verification_code"}
    | {
        "email_change",
        "change_email",
        "email_confirmation",
        "confirm_email",
        "account_activation",
        "phone_verification",
        "safe_question",
        "security_question",
        "secret_question",
        "safety_question",
        "recovery_question",
        "secure_question",
    }
    | {"security_answer", "password_question", "challenge_question", "password_hint"}
)
_ADDRESSES_OF_MAIL: Final = frozenset({"email", "emailaddress"})
_PATTERNS: Final = frozenset({"template", "setting", "config", "configuration", "layout", "theme"})
"""What mails are made from, which goes to nobody."""
_MAIL_ADDRESSES: Final = ("email", "addresses")
_COPY: Final = ("credit", "card")
"""As `cc` is written out, which is a copy of a mail in a table of them."""
_PASSWORDS: Final = frozenset(
    {"password", "passwort", "kennwort", "senha", "contrasena", "contrasenia", "clave", "passwords"}
)
_RESETS: Final = frozenset(
    {"reset", "forgot", "forgotten", "recovery", "recover", "recuperacao", "recuperacion", "redefinicao", "redefinir"}
    | {"restablecimiento", "restablecer", "reinitialisation", "oubli", "vergessen", "zurucksetzen", "zuruecksetzen"}
)
_ADDRESS: Final = "personal.contact.address"
_NUMBER: Final = "personal.account.user_id"
_PERSONS: Final = frozenset({"employee", "staff", "student", "patient"})
"""Who is called by a code or number in registers of whoever employs, teaches or treats them."""
ADDRESSES: Final = frozenset({"address", "addresses"})
"""Last words of names of tables that keep addresses."""
_STREET: Final = frozenset({"street", "postcode", "zipcode", "zip", "postal"})
_CALLED: Final = frozenset({"code", "number", "num", "no", "nr"})
_FILED: Final = (("record",), ("chart",), ("file",), ("folder",), ("badge",))
"""Whose numbers in such a register are those of whom the row is about, also where they are numbers: `record_no`."""
_VALUES: Final = frozenset({"number", "num", "no", "nr", "value", "val"})
_ENDS: Final = frozenset({"to", "from", "cc", "bcc", "address", "addr", "recipient", "recipients", "sender"})
_NAMED: Final = tuple((end, "name") for end in ("to", "from", "cc", "recipient", "sender"))
"""Names of who a mail is from or for."""
_PROOFS: Final = frozenset(
    {"ciphertext", "code", "value", "secret", "sid", "hash", "sesskey", "selector", "validator", "series"}
    | {"answer", "answers"}
)
_KEPT_OF_SESSIONS: Final = frozenset(
    {"payload", "data", "expiry", "expires", "expire", "expiration", "ip", "agent", "useragent", "value", "csrf"}
)
"""What stands beside the id of a session of the web, and not of a training."""


def kept(table: Table, stems: frozenset[str], words: frozenset[str]) -> str:
    """The category of what a table keeps, by its name: numbers of telephones, mails, sessions or tokens."""
    if secret(table, stems):
        return _TOKEN
    last = {singular(word) for word in words_of(table.name)[-2:]}
    if last & _PHONES and not stems & {"model", "brand", "type", "call"}:
        return _PHONE
    if (
        last & _MAILS
        and not stems & _PATTERNS
        and words & {"subject", "body", "message", "recipient", "sender", "content"}
    ):
        return _EMAIL
    end = words_of(table.name)[-1:]
    if not _ADDRESSES_OF_MAIL.isdisjoint(map(singular, end)) and words.isdisjoint(_STREET):
        return _EMAIL
    if words_of(table.name)[-2:] == _MAIL_ADDRESSES:
        return _EMAIL
    if not ADDRESSES.isdisjoint(end) and words & _STREET:
        return _ADDRESS
    if not _PERSONS.isdisjoint(map(singular, end)):
        return _NUMBER
    return ""


def secret(table: Table, stems: frozenset[str]) -> bool:
    """Tell whether a table keeps tokens, sessions or codes by which somebody is let in."""
    words = tuple(singular(word) for word in words_of(table.name))
    pairs = {"_".join(pair) for pair in pairwise(words)}
    if not _RESETS.isdisjoint((*words, *stems)) and not _PASSWORDS.isdisjoint((*words, *stems)):
        return True
    return not stems.isdisjoint(SECRETS) or not pairs.isdisjoint(_SECRET_PAIRS)


def sessions(stems: Iterable[str], words: frozenset[str]) -> bool:
    """Tell whether a table keeps sessions of the web: its own id is what a browser shows."""
    return "session" in stems and not words.isdisjoint(_KEPT_OF_SESSIONS)


def held(words: tuple[str, ...], data_type: str, kept: str, *, web: bool) -> str:
    """The category of a column with a name of one word by what its table keeps; empty when that says nothing."""
    if kept == _NUMBER and words[:-1] in _FILED and words[-1] in _CALLED:
        return kept
    if kept == _EMAIL and words in _NAMED and is_text(data_type):
        return _NAME
    if kept == _EMAIL and words == _COPY and is_text(data_type):
        return _EMAIL
    if len(words) != 1 or not (is_text(data_type) or (kept == _TOKEN and is_binary(data_type))):
        return ""
    word = words[0]
    if kept in {_PHONE, _ADDRESS} and word in _VALUES:
        return kept
    if kept == _NUMBER and word in _CALLED:
        return kept
    if kept == _EMAIL and word in _ENDS:
        return _EMAIL
    if kept == _TOKEN and (word in _PROOFS or (web and word in {"id", "key"})):
        return _TOKEN
    return ""
