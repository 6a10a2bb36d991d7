from django import forms
from django.utils.translation import gettext_lazy as _


class ViewForm(forms.Form):
    """The name of a view, and whether other staff see it."""

    name = forms.CharField(label=_("Name"), max_length=60)
    is_shared = forms.BooleanField(label=_("Share with all staff"), required=False)
