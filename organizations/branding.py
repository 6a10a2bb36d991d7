"""What a tenant sets of the design: one hue. Lightness and chroma are fixed, so contrast holds for every hue."""

from organizations.models import Organization


def stylesheet(organization: Organization) -> str:
    """The tenant's own stylesheet; the hue is a whole number by constraint, so nothing needs escaping."""
    return f"@layer tokens {{ :root {{ --brand-h: {organization.brand_hue}; }} }}\n"
