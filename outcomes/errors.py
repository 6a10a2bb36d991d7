from organizations.errors import DomainError


class OutcomeError(DomainError):
    """What cannot be recorded about a graduate, set as a target or asked of numbers or people, and how to go on."""
