from organizations.errors import DomainError


class AccountError(DomainError):
    """What cannot be done to people and their memberships, and how to go on."""


class InvitationError(AccountError):
    """Why an invitation does not open the door: `unknown`, `used`, `revoked`, `expired` or `not_yours`."""
