from organizations.errors import DomainError


class AccountError(DomainError):
    """What cannot be done to people and their memberships, and how to go on."""
