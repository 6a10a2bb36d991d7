import pytest

from curriculum.errors import CurriculumError
from curriculum.importing import import_plan
from curriculum.models import Curriculum, CurriculumVersion
from curriculum.plan_markdown import read_plan
from curriculum.publishing import publish
from tests.conftest import NOW, Cast
from tests.curriculum.plans import SMALL, real_plan


def test_sound_draft_is_published(lantaarn: Cast) -> None:
    version = import_plan(plan=read_plan(SMALL), by=lantaarn.ilse, at=NOW)

    publish(version=version, by=lantaarn.ilse, at=NOW)

    stored = CurriculumVersion.objects.get(pk=version.pk)
    assert (stored.status, stored.published_by, stored.published_at, stored.publish_reason) == (
        "published", lantaarn.ilse, NOW, "",
    )  # fmt: skip


def test_plan_with_errors_is_published_with_a_reason_only(lantaarn: Cast) -> None:
    version = import_plan(plan=real_plan(), by=lantaarn.ilse, at=NOW)

    with pytest.raises(CurriculumError) as refused:
        publish(version=version, by=lantaarn.ilse, at=NOW, reason="  ")
    assert refused.value.code == "reason_needed"
    assert CurriculumVersion.objects.get(pk=version.pk).is_draft

    publish(version=version, by=lantaarn.ilse, at=NOW, reason=" Hours are being revised. ")
    assert CurriculumVersion.objects.get(pk=version.pk).publish_reason == "Hours are being revised."


def test_version_is_published_once(lantaarn: Cast) -> None:
    version = import_plan(plan=read_plan(SMALL), by=None, at=NOW)
    publish(version=version, by=None, at=NOW)

    with pytest.raises(CurriculumError) as refused:
        publish(version=version, by=lantaarn.ada, at=NOW, reason="Again")

    assert refused.value.code == "not_a_draft"
    assert CurriculumVersion.objects.get(pk=version.pk).published_by is None


def test_version_without_levels_is_not_published(lantaarn: Cast) -> None:
    curriculum = Curriculum.objects.create(slug="empty", title="Empty")
    version = CurriculumVersion.objects.create(curriculum=curriculum, number=1, title="Empty")

    with pytest.raises(CurriculumError) as refused:
        publish(version=version, by=None, at=NOW, reason="Why not")

    assert refused.value.code == "no_levels"
