"""The forms of an import: the file, and what its columns are."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from cohorts.import_columns import FIELDS, Column
from cohorts.import_table import MOST_BYTES


class LearnerFileForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput({"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def clean_file(self) -> bytes:
        # One byte more than allowed is enough to see that it is too much.
        return bytes(self.cleaned_data["file"].read(MOST_BYTES + 1))

    @property
    def file_name(self) -> str:
        return str(getattr(self.files["file"], "name", ""))


class ColumnsForm(forms.Form):
    """A choice for each column of the file: what it says, or nothing."""

    def __init__(self, *args: Any, columns: Sequence[Column], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", _("Leave out")), *((key, field.label) for key, field in FIELDS.items())]
        self.columns = columns
        for number, column in enumerate(columns):
            label = now("What “%(column)s” says") % {"column": column.name or number + 1}
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=label, choices=choices, required=False, initial=column.field
            )

    def rows(self) -> list[tuple[Column, forms.BoundField]]:
        """Each column of the file with its choice."""
        return [(column, self[f"column-{number}"]) for number, column in enumerate(self.columns)]

    def chosen(self) -> list[str]:
        return [self.cleaned_data[f"column-{number}"] for number in range(len(self.columns))]
