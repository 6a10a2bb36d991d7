from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrganizationsConfig(AppConfig):
    name = "organizations"

    def ready(self) -> None:
        from organizations import checks, isolation  # noqa: F401

        # Django's own hook for what must follow every migrate; there is no other place that cannot be forgotten.
        post_migrate.connect(isolation.isolate_after_migrate, sender=self)
