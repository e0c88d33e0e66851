"""Pinyin without spaces: whole words (`baoxiudianhua`) and the initials of words (`tsrdh`), taken apart.

Chinese compounds end in what they are and begin with whose it is; the last part is looked for first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PERSON: Final = "ren"
"""The word 人, which ends what somebody does: `baoxiuren` reports a repair, `tsr` complains."""
_SYLLABLES: Final = re.compile(
    r"(?:(?:zh|ch|sh|[bpmfdtnlgkhjqxzcsryw])?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|[aeiouv]))+"
)
_INITIALS: Final = re.compile(r"[a-hj-tw-z]{1,6}")
"""No syllable begins with i, u or v."""
_ROLE: Final = re.compile(r"[b-df-hj-np-tw-z]{2,3}r")
_OTHER_REN: Final = ("que", "mo", "ze", "xin")
"""Before them 任 and 认 end a word: to confirm, by default, responsible."""
NOT_OF_PERSONS: Final = frozenset(
    {
        "dw",
        "gs",
        "qy",
        "jg",
        "bm",
        "ks",
        "md",
        "ck",
        "yy",
        "xx",
        "sp",
        "cp",
        "xm",
        "wd",
        "zd",
        "sb",
        "kc",
        "kf",
        "fw",
        "sh",
    }
)
"""Initials of organisations and things: theirs is no person's telephone."""
_TELLING: Final = 4
"""Initials of so many letters mean one thing, whatever stands before them."""
_NAME: Final = "xm"
_DOERS: Final = "zy"
"""者 and 员 end who does something, as 人 does."""
_CODES: Final = ("mc", "dm")
"""名称 and 代码: the name and the code of what stands before."""
_SIGNS: Final = "qm"
"""签名: who signed, where the name of who does stands before."""
_DOCTORS: Final = ("ys", "yjs", "hs", "hsz")
"""医师, 药剂师, 护士, 护士长."""
_SIGNERS: Final = (*_DOCTORS, "r", "z", "y", "hz", "js", "xs", "ls", "jz", "kh", "yh")
_ADDRESS: Final = "dz"
_LONGEST_PLACE: Final = 6
_RELATION: Final = "gx"
_RELATED: Final = re.compile(r"[b-df-hj-np-tw-z]{1,4}r?y?(?:hz|br|bbr|tbr|hzr|xs|yg|sqr)gx")
_CODE: Final = "m"
"""码, in the standards of schools: `zzmmm`, `jkzkm`."""
_LONGEST_TAIL: Final = 19
_LONGEST_INITIALS: Final = 6
_SHORTEST_ROLE: Final = 2
_WITH_OWNER: Final = 5
"""Two initials of an owner and two of what it has may be anything; one more may not."""
_LATIN: Final = ("ip", "token", "openid", "unionid", "imei", "qq")
"""What no Chinese word is there for, after one that says which: `yhip`, `chuangjianip`."""
_ENGLISH: Final = frozenset(
    {"ship", "chip", "trip", "skip", "flip", "grip", "drip", "slip", "clip", "whip", "snip", "strip"}
)
_VOWEL: Final = re.compile(r"[aeiou]")


def is_pinyin(text: str) -> bool:
    """Tell whether a text can be read as whole syllables."""
    return _SYLLABLES.fullmatch(text) is not None


def is_role(word: str) -> bool:
    """Tell whether a word is whole pinyin for what somebody does, by the 人 at its end."""
    before = word.removesuffix(PERSON)
    return word != before and len(before) > _SHORTEST_ROLE and not before.endswith(_OTHER_REN) and is_pinyin(before)


def is_initials_role(word: str) -> bool:
    """Tell whether a word may be the initials of what somebody does: `qsr`."""
    return _ROLE.fullmatch(word) is not None


@dataclass(frozen=True, slots=True)
class Pinyin:
    """What may end a compound, and what may stand before it."""

    tails: frozenset[str]
    """Whole words for what a person has: `dianhua`."""
    initials: frozenset[str]
    """The same as initials: `dh`."""
    coded: frozenset[str]
    """Initials of attributes that have names and codes: `mzmc`."""
    owners: frozenset[str]
    """Initials of persons, and of which one it is: `lxr`, `kh`; `dq` for 当前."""
    persons: frozenset[str]
    """Initials of persons only."""
    derived: frozenset[str]
    """Further initials of what a person has, known behind a person only: `hz` and `ssy`."""
    places: frozenset[str]
    """Initials of addresses and places: `hjd`."""
    place_parts: frozenset[str]
    """And of their parts: `x` for the county."""

    def _before(self, text: str) -> bool:
        """Tell whether a text is whole words, or two to five initials."""
        if _SHORTEST_ROLE <= len(text) < _LONGEST_INITIALS and not _VOWEL.search(text):
            return _INITIALS.fullmatch(text) is not None
        return len(text) >= _TELLING and is_pinyin(text)

    def parts(self, word: str) -> tuple[str, ...]:
        """Whose, or which, and what; nothing when the word is not put together so."""
        if ends := self._by_end(word) or self._by_signature(word) or self._by_place(word) or self._by_relation(word):
            return ends
        for length in range(min(len(word) - 1, _LONGEST_TAIL), 0, -1):
            before, tail = word[:-length], word[-length:]
            if (tail in self.tails and is_pinyin(before)) or (
                tail in self.derived and before in self.persons and len(word) >= _WITH_OWNER
            ):
                return (before, tail)
            if tail in self.initials and len(before) <= _LONGEST_INITIALS and _INITIALS.fullmatch(before):
                role = before[-1] == "r" and len(before) >= _SHORTEST_ROLE
                if before in self.owners or (length >= _TELLING and not role and before not in NOT_OF_PERSONS):
                    return (before, tail)
                if role:
                    return (PERSON, tail)
                if tail == _NAME and before[-1] in _DOERS and len(before) > _SHORTEST_ROLE:
                    return (PERSON, tail)
        return ()

    def _by_signature(self, word: str) -> tuple[str, ...]:
        """Who signs (`zrysqm`), or the doctor who is named (`jzysxm`): a name, whatever stands before."""
        before, tail = word[:-2], word[-2:]
        signs = tail == _SIGNS and len(before) >= _SHORTEST_ROLE and before.endswith(_SIGNERS)
        named = tail == _NAME and len(before) > _SHORTEST_ROLE and before.endswith(_DOCTORS)
        return (PERSON, _NAME) if (signs or named) and _INITIALS.fullmatch(before[-_LONGEST_INITIALS:]) else ()

    def _by_place(self, word: str) -> tuple[str, ...]:
        """A part of an address: `hjdx`, `jzdz_sq`."""
        for length in range(min(_LONGEST_PLACE, len(word) - 1), 1, -1):
            if word[:length] in self.places and word[length:] in self.place_parts:
                return (_ADDRESS,)
        return ()

    def _by_relation(self, word: str) -> tuple[str, ...]:
        """Whose relation to whom, also as a code: `dlrhzgxdm`."""
        bare = word[:-2] if word.endswith(_CODES) else word
        return (PERSON, _RELATION) if _RELATED.fullmatch(bare) else ()

    def _by_end(self, word: str) -> tuple[str, ...]:
        """A code or name of an attribute, the name of a person (`tbrmc`), or what has no Chinese word: `yhip`."""
        if word[-2:] in _CODES and word[:-2] in self.coded:
            return (word[:-2], "code")
        if word[-1:] == _CODE and word[:-1] in self.coded:
            return (word[:-1], "code")
        if word[-2:] == _CODES[0] and len(word) - 2 > _SHORTEST_ROLE and word[:-2] in self.persons:
            return (word[:-2], _NAME)
        latin = next((tail for tail in _LATIN if word.endswith(tail)), "")
        before = word[: -len(latin)]
        if latin and word not in _ENGLISH and self._before(before):
            return (before, latin) if before in self.persons else (latin,)
        return ()
