"""Surveys, anonymous in fact: written, held in waves, answered, opened together, shown."""
