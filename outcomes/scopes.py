from dataclasses import dataclass
from uuid import UUID

from cohorts.models import Cohort


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cohorts a number is about; what is left open does not narrow. All of it open is the organization."""

    cohort_id: UUID | None = None
    format: str = ""
    version_id: UUID | None = None
    start_year: int | None = None

    def holds(self, cohort: Cohort) -> bool:
        return (
            self.cohort_id in (None, cohort.pk)
            and self.format in ("", cohort.format)
            and self.version_id in (None, cohort.version_id)
            and self.start_year in (None, cohort.starts_on.year)
        )

    @property
    def is_kept(self) -> bool:
        """Whether snapshots are taken of it: of the organization and of single cohorts."""
        return self == Scope(cohort_id=self.cohort_id)


EVERYONE = Scope()
