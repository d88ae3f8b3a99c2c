"""People, accounts, scopes, grants; the revisions, entries and signatures that every act leaves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from guardian.models import UserObjectPermissionBase

from mrm.access.rows import AppendOnly, Governed, Operational, Row, ScopedQuerySet, reference_field
from mrm.access.rules import Door, GrantLevel, Meaning, Role, ScopeKind
from mrm.kernel import ids


class ScopeQuerySet(ScopedQuerySet["Scope"]):
    """Scopes are their own scope."""


class Scope(Row):
    """The root row of whatever may be granted: the group, a legal entity, a model, a dataset."""

    record_kind: ClassVar[str] = "governed"
    scope_path: ClassVar[str] = "pk"

    kind = models.CharField(max_length=10, choices=ScopeKind)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    label = models.CharField(max_length=200)

    objects = ScopeQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("read_scope", "see what lies in the scope"), ("act_scope", "act in it")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(parent__isnull=True), name="one_group_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.label}"

    @property
    def scope(self) -> Scope:
        """A scope is its own scope."""
        return self

    def lineage(self) -> list[Any]:
        """The keys from this scope up to the group."""
        keys, scope = [self.pk], self
        while scope.parent_id:
            keys.append(scope.parent_id)
            scope = scope.parent  # type: ignore[assignment]
        return keys


class LegalEntity(Governed):
    """A legal entity of the group: its zone makes due dates, its jurisdiction chooses policy."""

    name = models.CharField(max_length=120, unique=True)
    code = models.SlugField(max_length=20, unique=True)
    jurisdiction = models.CharField(max_length=2, default="DE")
    zone = models.CharField(max_length=40, default="Europe/Berlin")
    currency = models.CharField(max_length=3, default="EUR")

    def __str__(self) -> str:
        return self.name


class Person(Governed):
    """A natural person (or a robot): separation of duties is judged by person, across all accounts."""

    reference_kind = "P"
    reference = reference_field()
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    position = models.CharField(max_length=120, blank=True)
    robot = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name"], condition=Q(robot=True), name="one_robot_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The person's page."""
        return f"/people/{self.reference}/"


class AccountManager(BaseUserManager["User"]):
    """Accounts are opened by the act `account.open` alone; there is no create_user."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The account of that name."""
        return self.get(username=username)


class User(AbstractBaseUser, PermissionsMixin, Operational):
    """An account: how a person signs in. Roles are its groups, grants its rows on scopes."""

    why = "last sign-in and password hash change with use; opening, roles and grants are acts with entries"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="accounts")
    username = models.CharField(max_length=80, unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = False
    opened_at = models.DateTimeField()
    zone = models.CharField(max_length=40, blank=True)
    theme = models.CharField(max_length=5, blank=True)
    single_keys = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False, editable=False)
    unrevised: ClassVar[frozenset[str]] = frozenset({"password", "last_login"})

    objects = AccountManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(is_superuser=False), name="nobody_bypasses_permissions")
        ]

    def __str__(self) -> str:
        return self.username


class ScopeGrant(UserObjectPermissionBase):
    """guardian's direct grant table: one account, one level, one scope."""

    record_kind: ClassVar[str] = "governed"

    content_object = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="grants")
    given_at = models.DateTimeField(null=True)

    @property
    def level(self) -> str:
        """`read` or `act`."""
        return GrantLevel.ACT if self.permission.codename == "act_scope" else GrantLevel.READ

    @property
    def scope(self) -> Scope:
        """The scope that is granted."""
        return self.content_object


class Entry(models.Model):
    """One act, indexed for reading: who did what to which object. The leaf's bytes are the truth."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    leaf = models.OneToOneField("ledger.Leaf", on_delete=models.PROTECT, related_name="entry")
    act = models.CharField(max_length=60)
    outcome = models.CharField(max_length=10, default="done")
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    door = models.CharField(max_length=8, choices=Door)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["object_type", "object_id", "id"], name="entry_object"),
            models.Index(fields=["scope", "-id"], name="entry_scope"),
            models.Index(fields=["person", "-id"], name="entry_person"),
        ]

    def __str__(self) -> str:
        return f"{self.act} by {self.person_id}"


class Touch(models.Model):
    """Which rows an entry changed, so that history per row and separation of duties are one indexed read."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="touches")
    row_type = models.CharField(max_length=60)
    row_id = models.CharField(max_length=40)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["row_type", "row_id"], name="touch_row")]

    def __str__(self) -> str:
        return f"{self.row_type} {self.row_id}"


class Revision(models.Model):
    """What a governed row said after an act. The leaf holds the salted digest; the payload may one day be erased."""

    record_kind: ClassVar[str] = "append_only"
    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    leaf = models.ForeignKey("ledger.Leaf", on_delete=models.PROTECT, related_name="revisions")
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    row_type = models.CharField(max_length=60)
    row_id = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    payload = models.JSONField(null=True)
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["row_type", "row_id", "number"], name="revision_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.row_type} {self.row_id} #{self.number}"


class Signature(AppendOnly):
    """An electronic signature: who, in what capacity, with what meaning, over which digest, proved how and when."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signatures")
    capacity = models.CharField(max_length=20, choices=Role)
    meaning = models.CharField(max_length=20, choices=Meaning)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    factors = models.JSONField()
    proved_at = models.DateTimeField()
    signed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["object_type", "object_id"], name="signature_object")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.meaning}"


class SigningTicket(Operational):
    """A fresh proof of identity, bound to one digest, used once."""

    why = "lives five minutes; the signature it led to carries its facts"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    factors = models.JSONField()
    proved_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"ticket of {self.account_id}"


class ProofAttempt(Operational):
    """Failed proofs of identity, so that nobody guesses a password at the signing desk."""

    why = "a counter with a window of a quarter of an hour"

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"failed proof of {self.account_id}"


class ApiToken(Governed):
    """An API token: only its hash is kept; limited to roles and scopes of its person; it expires; it never signs."""

    reference_kind = "K"
    reference = reference_field()
    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    roles = models.JSONField(default=list)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class SetupLink(Operational):
    """The single-use link at which the first administrator of an empty bank sets a password."""

    why = "lives one hour and is used once; what it leads to is acts"

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class IdempotencyKey(Operational):
    """The first answer to a request, given again when the same request comes again."""

    why = "an answer kept for repeats; the act it answers has its entry"

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    act = models.CharField(max_length=60)
    key = models.CharField(max_length=100)
    body_digest = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "act", "key"], name="one_answer_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.key}"


class DenialWindow(Operational):
    """Repeated denials within a minute, counted; their number enters the ledger when the window ends."""

    why = "a counter; the first denial and the total are entries"

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    scope = models.ForeignKey(Scope, on_delete=models.CASCADE, related_name="+")
    act = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    door = models.CharField(max_length=8)
    opened_at = models.DateTimeField()
    repeats = models.PositiveIntegerField(default=0)
    closed = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "act", "object_type", "object_id", "door"],
                condition=Q(closed=False),
                name="one_open_window",
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} × {self.repeats}"


class Installation(Operational):
    """Facts about this installation that are fixed once: whether it is a demonstration."""

    why = "one row, set before the first person exists; marking it is an act"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    demonstration = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_installation")]

    def __str__(self) -> str:
        return "demonstration" if self.demonstration else "bank"
