"""The demonstration: two invented organizations that have lived for ten years, the same ones for a given day.

`story.py` says which cohorts there were, `lives.py` lets each learner live through theirs, `loading.py` writes it all.
Nobody in it is a real person.
"""
