from organizations.errors import DomainError


class MessageError(DomainError):
    """What cannot be done to messages and their rules, and how to go on."""
