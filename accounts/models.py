import hashlib
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from notifications.notices import unread_of
from organizations.models import TenantForeignKey, TenantManager, TenantModel, uuid7


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person; without a password they can only enter through an invitation or a password reset."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known across organizations by their email address alone; all else is said per membership."""

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        DUTCH = "nl", "Nederlands"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("email"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=Language, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    wished_organization = models.CharField(max_length=120, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def first_name(self) -> str:
        """What a mail greets them with; the address while nobody knows their name."""
        return _first_word(self.name) or self.email


class Role(models.TextChoices):
    ADMIN = "admin", _("Admin")
    STAFF = "staff", _("Staff")
    MENTOR = "mentor", _("Mentor")
    LEARNER = "learner", _("Learner")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def with_role(self, role: Role) -> Self:
        return self.filter(roles__contains=[role])

    def joined(self) -> Self:
        """Those who accepted their invitation, or made the organization."""
        return self.filter(joined_at__isnull=False)

    def awaited(self) -> Self:
        """Those whose access is not open: invited, or closed."""
        return self.filter(joined_at__isnull=True)

    def matching(self, words: str) -> Self:
        """People whose name or email contains the words."""
        return self.filter(models.Q(name__icontains=words) | models.Q(user__email__icontains=words))

    def with_unread(self) -> Self:
        """With how many notifications are unread, in `membership.unread`."""
        return self.annotate(unread=unread_of("user"))

    def for_people(self) -> Self:
        """With the person, and their invitations in `membership.invitations.all()`, newest first."""
        invitations = models.Prefetch(
            "invitations", Invitation.objects.select_related("invited_by").order_by("-created_at", "-id")
        )
        return self.select_related("user").prefetch_related(invitations)


MembershipManager = TenantManager.from_queryset(MembershipQuerySet)


class Membership(TenantModel):
    """A person in one organization: their name there, and the roles they hold. It grants nothing until it is joined."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=120)
    roles = ArrayField(models.CharField(max_length=10, choices=Role), verbose_name=_("roles"))
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    joined_at = models.DateTimeField(null=True, editable=False)
    #: Of the viewer, as the middleware counted it.
    unread: int

    objects: "ClassVar[MembershipManager[Membership]]" = MembershipManager()
    #: For one's own rows across organizations, inside `person_scope` alone; row-level security shows nothing else.
    across = models.Manager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=list(Role.values)) & models.Q(roles__len__gt=0),
                name="membership_has_known_roles",
            ),
        ]
        indexes = [models.Index(fields=["organization", "name"], name="membership_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def first_name(self) -> str:
        return _first_word(self.name)

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    @property
    def is_staff(self) -> bool:
        """Staff or admin: an admin may do all that staff may."""
        return bool({Role.ADMIN, Role.STAFF} & set(self.roles))

    @property
    def is_mentor(self) -> bool:
        return Role.MENTOR in self.roles

    @property
    def is_learner(self) -> bool:
        return Role.LEARNER in self.roles


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, *, at: datetime) -> Self:
        """Neither accepted, revoked nor expired at that instant."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=at)


InvitationManager = TenantManager.from_queryset(InvitationQuerySet)


class Invitation(TenantModel):
    """A link by email that lets its reader join. Only the hash of its token is stored."""

    membership = TenantForeignKey(Membership, models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, editable=False)
    invited_by = TenantForeignKey(Membership, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    #: The raw token, on the object that was just made and nowhere else.
    token: str = ""

    objects: "ClassVar[InvitationManager[Invitation]]" = InvitationManager()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "token_hash"], name="invitation_token_once"),
        ]
        indexes = [models.Index(fields=["organization", "membership"], name="invitation_by_membership")]

    def __str__(self) -> str:
        return str(self.pk)

    @staticmethod
    def hash_of(token: str) -> str:
        """A fast hash is enough: the token has 256 random bits."""
        return hashlib.sha256(token.encode()).hexdigest()


def _first_word(name: str) -> str:
    return next(iter(name.split()), "")


def organization_id_of_token(token: str) -> UUID | None:
    """The organization that an invitation's token names in its first part, or None when it is no such token."""
    try:
        return UUID(hex=token.partition(".")[0])
    except ValueError:
        return None
