from organizations.errors import DomainError


class CurriculumError(DomainError):
    """What cannot be done to a curriculum or its versions, and how to go on."""
