"""The words of one problem in two languages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """The English and Chinese words of one problem and of its help; `{name}` marks an argument."""

    en: str
    zh: str
    help_en: str = ""
    help_zh: str = ""

    def text(self, lang: str) -> str:
        """The message in `lang` (`en` or `zh`)."""
        return self.zh if lang == "zh" else self.en

    def help(self, lang: str) -> str:
        """The help in `lang` (`en` or `zh`)."""
        return self.help_zh if lang == "zh" else self.help_en
