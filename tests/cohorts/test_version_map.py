"""The map that is proposed between two versions."""

from cohorts.version_map import propose
from curriculum.models import CurriculumVersion, Project, Topic
from tests.cohorts.given import draft_version
from tests.cohorts.moves import AT, copy_of, pairs_by
from tests.cohorts.studying import running_cohort, uneven_cohort
from tests.conftest import Cast


def test_proposal_pairs_what_is_the_same(lantaarn: Cast) -> None:
    cohort = running_cohort()
    old = cohort.version
    new, became = copy_of(old)

    proposal = propose(old, new)

    assert set(proposal.pairs) == set(pairs_by(became, old))
    assert set(proposal.sureness.values()) == {"same"}


def test_what_has_no_code_is_left_to_people(lantaarn: Cast) -> None:
    """The work of a track that was stored without one; its track is numbered, and says which row it would be."""
    old = draft_version(tracks=["Vision"])
    Project.objects.filter(version=old, kind="track").update(code="")
    CurriculumVersion.objects.filter(pk=old.pk).update(status="published", published_at=AT)
    new, became = copy_of(old)

    proposal = propose(old, new)

    assert {pair.old for pair in proposal.pairs} == set(became) & set(proposal.old.by_id) - {
        old.projects.get(kind="track").pk
    }


def test_topic_that_got_subtopics_counts_for_each(lantaarn: Cast) -> None:
    cohort = uneven_cohort()
    old = cohort.version
    new, became = copy_of(old, published=False)
    calculus = Topic.objects.get(module__level__version=old, title="Calculus")
    parent = Topic.objects.get(pk=became[calculus.pk])
    parts = [
        Topic.objects.create(module=parent.module, parent=parent, position=number, title=title).pk
        for number, title in ((8, "Derivatives"), (9, "Integrals"))
    ]
    back_there = Topic.objects.get(module__level__version=new, title="Algebra")
    Topic.objects.filter(parent=back_there).delete()
    CurriculumVersion.objects.filter(pk=new.pk).update(status="published", published_at=AT)

    proposal = propose(old, CurriculumVersion.objects.get(pk=new.pk))

    algebra = set(
        Topic.objects.filter(module__level__version=old, parent__title="Algebra").values_list("pk", flat=True)
    )
    assert set(proposal.targets[calculus.pk]) == set(parts)
    assert set(proposal.sources[back_there.pk]) == algebra
