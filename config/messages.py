"""`make messages`: collect the texts to translate into locale/, keep what is translated, and compile it.

In plain Python, since a bare machine has no gettext tools. Nothing is ever guessed: a changed text is a new text.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ["config", "design", "organizations", "notifications", "accounts", "curriculum", "cohorts", "assessments",
        "mentoring", "outcomes", "home"]  # fmt: skip
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "sentence": None, "sentence_of": (1, 2),  # assessments/sentences.py
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip

ALIAS = re.compile(r"\b(\w*gettext\w*) as (\w+)")  # "from … import gettext as say" makes `say` a keyword of that file

#: Texts of Django that people meet here, so that our Dutch can say "je" where Django's says "uw".
BORROWED = [
    ("Your password can’t be too similar to your other personal information.", None),
    ("Your password can’t be a commonly used password.", None),
    ("Your password can’t be entirely numeric.", None),
    (
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
    ),
]

Text = tuple[str | None, str, str | None]  # context, singular, plural


def _sources() -> Iterator[tuple[Path, str]]:
    """Every file with texts, as Python that Babel can read; templates through Django's own translator."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text()
    for path in sorted((ROOT / "templates").rglob("*.*")):
        code = templatize(path.read_text(), origin=str(path))
        yield path, "\n".join(line.strip() for line in code.splitlines())


def _texts() -> Iterator[tuple[Path, Text]]:
    for path, code in _sources():
        aliases = {alias: KEYWORDS[name] for name, alias in ALIAS.findall(code) if name in KEYWORDS}
        known = {**KEYWORDS, **aliases}
        found = extract("python", io.BytesIO(code.encode()), keywords=known, options={"encoding": "utf-8"})
        for _line, message, _comments, context in found:
            singular, plural = message if isinstance(message, tuple) else (message, None)
            if singular:
                yield path, (context, singular, plural)
    for singular, plural in BORROWED:
        yield Path(__file__), (None, singular, plural)


def texts_in_use() -> set[str]:
    """The singular of every text that the code and the templates translate."""
    return {text[1] for _path, text in _texts()}


def catalog_for(language: str) -> polib.POFile:
    """The catalog of the language: what is in use, with the translations that it has."""
    path = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
    old = polib.pofile(str(path)) if path.exists() else polib.POFile()
    known: dict[tuple[str | None, str], polib.POEntry] = {(entry.msgctxt, entry.msgid): entry for entry in old}
    catalog = polib.POFile(wrapwidth=0)
    catalog.metadata = {
        "Project-Id-Version": "Gilde",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    places: dict[Text, set[str]] = {}
    for place, text in _texts():
        places.setdefault(text, set()).add(place.relative_to(ROOT).as_posix())
    for text in sorted(places, key=lambda text: (min(places[text]), text[1])):
        context, singular, plural = text
        before = known.get((context, singular))
        entry = polib.POEntry(msgctxt=context, msgid=singular, comment=", ".join(sorted(places[text])))
        if plural:
            entry.msgid_plural = plural
            entry.msgstr_plural = before.msgstr_plural if before and before.msgstr_plural else {0: "", 1: ""}
        else:
            entry.msgstr = before.msgstr if before else ""
        if "%(" in singular:
            entry.flags.append("python-format")
        if entry not in catalog:
            catalog.append(entry)
    return catalog


def main() -> int:
    settings.configure()
    for language in ("nl",):
        folder = ROOT / "locale" / language / "LC_MESSAGES"
        folder.mkdir(parents=True, exist_ok=True)
        catalog = catalog_for(language)
        catalog.save(str(folder / "django.po"))
        (folder / "django.mo").write_bytes(polib.pofile(str(folder / "django.po")).to_binary())
        missing = len(catalog.untranslated_entries())
        print(f"{language}: {len(catalog)} texts, {missing} to translate ({datetime.now(UTC):%H:%M})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
