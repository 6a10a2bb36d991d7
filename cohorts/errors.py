from organizations.errors import DomainError


class CohortError(DomainError):
    """What cannot be done to a cohort, its schedule or its learners, and how to go on."""
