"""Listing: with which key the issuer signs, what it grants, and the list that its allowances stand in (spec 05.8)."""

from collections.abc import Callable

from feiqian.issuer.grounds import Policies
from feiqian.issuer.issuing import list_size
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.lost_devices import LostDevices
from feiqian.issuer.ports import IssuerReading, IssuerStore, IssuerUnit, PinHasher, StoredList
from feiqian.issuer.values import IssuingTerms
from feiqian.protocol.keys import Signer
from feiqian.protocol.status_list import sign_status_list


class Listing(LostDevices):
    """The part of the issuer that stands behind the publisher."""

    def __init__(
        self,
        *,
        store: IssuerStore,
        signer: Signer,
        deployment: str,
        knowledge: OperatorKnowledge,
        terms: IssuingTerms,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        pins: PinHasher | None = None,
    ) -> None:
        super().__init__(
            store=store,
            deployment=deployment,
            knowledge=knowledge,
            terms=terms,
            clock=clock,
            randomness=randomness,
            pins=pins,
        )
        self._signer = signer
        self._policies = Policies(knowledge)

    @property
    def store(self) -> IssuerStore:
        """The store, for the publisher."""
        return self._store

    @property
    def terms(self) -> IssuingTerms:
        """What is granted by default."""
        return self._terms

    @property
    def deployment(self) -> str:
        """The deployment whose statements are made here."""
        return self._deployment

    @property
    def passkey_origin(self) -> str | None:
        """Where passkeys may sign, as the key set in force says; None when none may."""
        return self._knowledge.passkey_origin

    def take_keys(self, signer: Signer, knowledge: OperatorKnowledge) -> None:
        """From now on signs with this key and believes this key set; what is being done ends as it began."""
        self._knowledge = knowledge
        self._policies = Policies(knowledge)
        self._signer = signer

    def list_held(self, reading: IssuerReading, now: int) -> StoredList | None:
        """The published list, if it says what is true and is not too old."""
        held = reading.latest_list()
        if held is None or now - held.issued_at > self._terms.refresh_s:
            return None
        size = list_size(self._terms, reading.allowance_count())
        return held if (held.entries, held.size) == (reading.listed_statuses(), size) else None

    def list_in(self, unit: IssuerUnit, now: int) -> StoredList:
        """The list to publish, made inside `unit` if it must be new."""
        held = self.list_held(unit, now)
        if held is not None:
            return held
        latest, entries = unit.latest_list(), unit.listed_statuses()
        version = 1 if latest is None else latest.version + 1
        size = list_size(self._terms, unit.allowance_count())
        raw = sign_status_list(self._signer, self._deployment, version=version, time=now, size=size, entries=entries)
        made = StoredList(version=version, issued_at=now, size=size, entries=entries, raw=raw)
        unit.add_list(made)
        return made
