"""The forms that stand on a page, each with a value for every field: of choices the first one that is offered."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

PRESSED = {"checkbox", "radio"}
NEVER_SENT = {"reset", "button", "image"}


@dataclass
class PageForm:
    """Where a form goes, by which method, and what it would send: each field's name with its value."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.forms: list[PageForm] = []
        self.form: PageForm | None = None
        self.by_id: dict[str, PageForm] = {}
        self.select: tuple[PageForm, str] | None = None
        self.text: tuple[PageForm, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = PageForm(said.get("action") or self.path, said.get("method", "get").lower())
            self.forms.append(self.form)
            if "id" in said:
                self.by_id[said["id"]] = self.form
            return
        form, name = self.by_id.get(said.get("form", "")) or self.form, said.get("name", "")
        if tag == "option" and self.select:
            chosen, field_name = self.select
            if "selected" in said or not chosen.fields[field_name]:
                chosen.fields[field_name] = said.get("value", "")
        if form is None or not name:
            return
        kind = said.get("type", "text")
        if tag == "select":
            form.fields[name], self.select = "", (form, name)
        elif tag == "textarea":
            form.fields[name], self.text = "", (form, name)
        elif tag == "button":
            form.fields.setdefault(name, said.get("value", ""))
        elif tag == "input" and kind == "file":
            form.files.add(name)
        elif tag == "input" and kind not in NEVER_SENT and not (kind in PRESSED and name in form.fields):
            form.fields[name] = said.get("value", "on" if kind == "checkbox" else "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.text = None

    def handle_data(self, data: str) -> None:
        if self.text:
            form, name = self.text
            form.fields[name] += data


def forms_of(response: Any, path: str) -> list[PageForm]:
    reader = _Reader(path)
    if response.headers.get("Content-Type", "").startswith("text/html"):
        reader.feed(response.content.decode())
    return [each for each in reader.forms if each.action.startswith("/")]
