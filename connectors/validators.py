"""Which values are valid numbers of a kind: check digits by python-stdnum, numbering plans by phonenumbers.

Neither is imported before a sample is judged; both come with the extra `sample`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from tutela.engine.errors import InputError, Location, Problem
from tutela.engine.sampling import Validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from tutela.engine.taxonomy import Taxonomy

_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}", re.ASCII)
_CARD: Final = re.compile(r"(?:62|4|5[1-5]|2[2-7]|35|9|3[47])\d{11,17}", re.ASCII)
_HASH: Final = re.compile(r"\$(?:2[abxy]?|argon2id?|argon2i|5|6|y)\$.{20,}|pbkdf2[_:]\S{20,}|\{bcrypt\}\$2\S{20,}")
_PLATE: Final = re.compile(
    r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新][A-HJ-NP-Z][·\s]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]"
)
_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}")
_SSN: Final = re.compile(r"\d{3}-\d{2}-\d{4}", re.ASCII)
_INSIDE: Final = {
    "resident ids": r"[1-9]\d{16}[0-9Xx]",
    "unified social credit codes": r"[0-9A-Z]{18}",
    "email addresses": _EMAIL.pattern,
    "IBANs": r"[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?",
    "mobile numbers": r"(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}|\+[1-9]\d{0,2}[ -]?\d(?:[ -]?\d){6,12}",
    "landline numbers": r"(?:\+?86[ -]?)?(?:\(0\d{2,3}\)[ -]?|0\d{2,3}[ -])\d{7,8}",
    "bank cards": r"[2-69](?:[ -]?\d){12,18}",
    "US social security numbers": _SSN.pattern,
    "password hashes": _HASH.pattern,
    "vehicle plates": _PLATE.pattern,
}
"""What a value looks like in running text; addresses of devices are told from version numbers by nothing."""
_SEPARATORS: Final = str.maketrans("", "", " -")


def load_validators(taxonomy: Taxonomy) -> tuple[Validator, ...]:
    """The validators whose categories the taxonomy has; InputError when a library is missing."""
    try:
        import phonenumbers
        from stdnum import iban, imei, luhn
        from stdnum.cn import ric, uscc
        from stdnum.us import ssn
    except ImportError as error:
        args = {"library": error.name or "python-stdnum"}
        raise InputError([Problem(code="sample-library", location=Location("--sample"), args=args)]) from None

    def phone(kind: int, text: str) -> bool:
        try:
            number = phonenumbers.parse(text, "CN")
        except phonenumbers.NumberParseException:
            return False
        return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) == kind

    mobile, landline = phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE
    found = (
        Validator("resident ids", "personal.government_id.resident_id", "strong", ric.is_valid),
        Validator("unified social credit codes", "organisation.uscc", "strong", uscc.is_valid),
        Validator("email addresses", "personal.contact.email", "strong", _whole(_EMAIL)),
        Validator("IBANs", "personal.financial.bank_account", "strong", iban.is_valid),
        Validator("password hashes", "personal.account.password", "strong", _whole(_HASH)),
        Validator("vehicle plates", "personal.vehicle.plate", "strong", _whole(_PLATE)),
        Validator("mobile numbers", "personal.contact.phone.mobile", "medium", lambda text: phone(mobile, text)),
        Validator("landline numbers", "personal.contact.phone.landline", "medium", lambda text: phone(landline, text)),
        Validator("bank cards", "personal.financial.bank_card", "medium", lambda text: _card(text, luhn.is_valid)),
        Validator("IP addresses", "personal.device.ip", "medium", _ip),
        Validator("MAC addresses", "personal.device.hardware_id", "medium", _whole(_MAC)),
        Validator(
            "US social security numbers",
            "personal.government_id.social_security",
            "medium",
            lambda text: _SSN.fullmatch(text) is not None and ssn.is_valid(text),
        ),
        Validator("IMEIs", "personal.device.hardware_id", "weak", imei.is_valid),
    )
    return tuple(_searching(validator) for validator in found if validator.category in taxonomy.categories)


def _searching(validator: Validator) -> Validator:
    """The validator with its pattern for running text: letters and digits that go on are part of something else."""
    pattern = _INSIDE.get(validator.name)
    if pattern is None:
        return validator
    return replace(validator, inside=re.compile(rf"(?<![0-9A-Za-z])(?:{pattern})(?![0-9A-Za-z])", re.ASCII))


def _whole(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


def _card(text: str, check: Callable[[str], bool]) -> bool:
    digits = text.translate(_SEPARATORS)
    return _CARD.fullmatch(digits) is not None and check(digits)


def _ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "." in text or ":" in text
