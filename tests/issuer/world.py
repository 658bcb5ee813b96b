"""A small world for the operator's tests: one operator, wallets and terminals made of keys, a clock that tests turn."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feiqian.acquirer.service import Acquirer
from feiqian.acquirer.values import CertifyingTerms, EnrolledTerminal, Terminal
from feiqian.audit.checkpoint import LogTrust
from feiqian.audit.note_key import NoteKey, SignatureType, SoftwareNoteKey
from feiqian.audit.verify import verify_log
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.publishing import Publisher
from feiqian.issuer.service import Issuer
from feiqian.issuer.values import AttestationRoot, BoundDevice, IssuingTerms, PayerId
from feiqian.keys.attestation import Attestations
from feiqian.keys.data_key import DataKeys
from feiqian.keys.one_time_codes import code_at
from feiqian.keys.software import SoftwareKey
from feiqian.keys.staff_secrets import PasswordsAndCodes
from feiqian.ledger.verify import verify_books
from feiqian.protocol import cose
from feiqian.protocol.allowance import allowance_prefix, decode_allowance
from feiqian.protocol.answer import Answer, decode_answer
from feiqian.protocol.certificate import certificate_prefix, decode_certificate
from feiqian.protocol.cheque import ChequeTerms, cheque_prefix, decode_cheque, draw_cheque
from feiqian.protocol.claim import Claim, encode_claim, sign_batch
from feiqian.protocol.credit import Credit, encode_credits
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, StatementId
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.policy import Policy
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.protocol.receipt import RECEIPT_LAYOUT, NoteKind, NoteTerms, sign_note
from feiqian.protocol.request import RequestTerms, encode_request, request_hash
from feiqian.protocol.trust_pack import KeyRole, TrustedKey, encode_key_set, sign_key_set
from feiqian.storage.audit_recording import RecordedTables
from feiqian.storage.operator_store import OperatorStore

DEPLOYMENT = "test"
LOG_KEY = NoteKey(name="test.feiqian/audit", type=SignatureType.NOTE, public_key=SoftwareNoteKey(b"l" * 32).public_key)
LOG_TRUST = LogTrust(log_keys=(LOG_KEY,))
DATA_KEYS = {1: b"d" * 32}
"""What a test puts in here is a key from then on."""
SEALS = DataKeys(lambda: DATA_KEYS)
START = 1_800_000_000
DAY = 86_400
CUR, OTHER_CUR = "CNY", "EUR"


def open_store(path: Path) -> Any:
    """The store that keeps the books of this path; tests that run on another one put theirs in its place."""
    return OperatorStore.open(path, SEALS)


def key(name: str) -> SoftwareKey:
    return SoftwareKey(hashlib.sha256(name.encode()).digest())


@dataclass
class Wallet:
    """A payer's device: draws whatever a test asks it to, also what an honest one never would."""

    bound: BoundDevice
    signer: SoftwareKey
    raw: bytes
    ref: AllowanceRef
    allowance_id: StatementId
    cheques: list[bytes] = field(default_factory=list)
    cumulative_minor: int = 0

    def draw(self, amount_minor: int, **terms: Any) -> bytes:
        """The next cheque of an honest chain; keyword arguments override single fields."""
        counter = terms.pop("counter", len(self.cheques) + 1)
        cumulative_minor = terms.pop("cumulative_minor", self.cumulative_minor + amount_minor)
        previous = terms.pop("previous", self.allowance_id[:16] if not self.cheques else self.id(self.cheques[-1])[:16])
        amounts: dict[str, Any] = (
            {"maximum_minor": amount_minor} if terms.pop("maximum", False) else {"exact_minor": amount_minor}
        )
        terms = {"time": START, "holder_check": 1} | terms
        raw = draw_cheque(
            self.signer,
            self.allowance_id,
            DEPLOYMENT,
            ChequeTerms(
                allowance_ref=self.ref,
                counter=counter,
                previous=previous,
                cumulative_minor=cumulative_minor,
                **amounts,
                **terms,
            ),
        )
        self.cheques.append(raw)
        self.cumulative_minor = cumulative_minor
        return raw

    def id(self, cheque: bytes) -> StatementId:
        return cose.digest(cheque_prefix(self.allowance_id, DEPLOYMENT), decode_cheque(cheque).envelope.payload)

    def clone(self) -> Wallet:
        """A copied key that knows nothing of what the other one signs from now on."""
        return Wallet(
            bound=self.bound,
            signer=self.signer,
            raw=self.raw,
            ref=self.ref,
            allowance_id=self.allowance_id,
            cheques=list(self.cheques),
            cumulative_minor=self.cumulative_minor,
        )


@dataclass
class Till:
    """A payee's terminal."""

    world: World
    enrolled: EnrolledTerminal
    signer: SoftwareKey
    certificate_id: StatementId
    counter: int = 0
    batches: int = 0
    index_version: int = 1
    clock_off_s: int = 0
    attested_at: int = START

    @property
    def payee_id(self) -> PayeeId:
        return self.enrolled.payee_id

    @property
    def terminal(self) -> Terminal:
        return self.world.acquirer.authenticate_terminal(self.enrolled.token)

    def ask(self, amount_minor: int, challenge: str = "", *, maximum: bool = False, currency: str = CUR) -> bytes:
        seed = challenge or f"{self.enrolled.terminal_ref.hex()}{self.counter}{len(self.world.asked)}"
        amounts: dict[str, Any] = {"maximum_minor": amount_minor} if maximum else {"exact_minor": amount_minor}
        request = encode_request(
            RequestTerms(
                challenge=hashlib.sha256(seed.encode()).digest()[:16],
                currency=currency,
                time=self.world.now + self.clock_off_s,
                ttl_s=300,
                payee_id=self.payee_id,
                **amounts,
            )
        )
        self.world.asked.append(request)
        return request

    def receipt(self, cheque_id: StatementId, final_minor: int, **terms: Any) -> bytes:
        """A bare receipt payload, as it stands inside a batch."""
        self.counter += 1
        values = {
            "terminal_ref": self.enrolled.terminal_ref,
            "cheque_id": cheque_id,
            "final_minor": final_minor,
            "time": self.world.now + self.clock_off_s,
            "counter": self.counter,
            "previous": bytes(16),
            "index_version": self.index_version,
        }
        return RECEIPT_LAYOUT.encode(values | terms)

    def accept(self, wallet: Wallet, amount_minor: int, **receipt: Any) -> bytes:
        """A whole two-way payment; the claim."""
        request = self.ask(amount_minor)
        cheque = wallet.draw(amount_minor, request=request_hash(request, DEPLOYMENT))
        return self.claim(wallet, cheque, amount_minor, request, **receipt)

    def take_code(self, wallet: Wallet, cheque: bytes, amount_minor: int, **receipt: Any) -> bytes:
        """The claim for a one-way code."""
        return self.claim(wallet, cheque, amount_minor, None, **receipt)

    def claim(
        self,
        wallet: Wallet,
        cheque: bytes,
        amount_minor: int,
        request: bytes | None,
        credits: bytes | None = None,
        **receipt: Any,
    ) -> bytes:
        shown = self.receipt(wallet.id(cheque), amount_minor, **receipt)
        return encode_claim(Claim(cheque=cheque, receipt=shown, request=request, credits=credits))

    def note(self, subject: bytes, back_minor: int = 0, kind: NoteKind = NoteKind.VOID) -> bytes:
        self.counter += 1
        return sign_note(
            self.signer,
            self.certificate_id,
            DEPLOYMENT,
            NoteTerms(
                terminal_ref=self.enrolled.terminal_ref,
                note_kind=int(kind),
                subject=subject,
                back_minor=back_minor,
                time=self.world.now,
                counter=self.counter,
                previous=bytes(16),
            ),
        )

    def batch(self, claims: Sequence[bytes] = (), notes: Sequence[bytes] = (), batch_id: bytes | None = None) -> bytes:
        self.batches += 1
        chosen = batch_id or hashlib.sha256(f"{self.enrolled.terminal_ref.hex()}{self.batches}".encode()).digest()[:16]
        return sign_batch(
            self.signer,
            self.certificate_id,
            DEPLOYMENT,
            terminal_ref=self.enrolled.terminal_ref,
            batch_id=BatchId(chosen),
            time=self.world.now + self.clock_off_s,
            index_version=self.index_version,
            allowances=(),
            claims=claims,
            notes=notes,
            counter=self.counter,
            attested_at=self.attested_at,
        )

    def send(self, *claims: bytes, notes: Sequence[bytes] = ()) -> Answer:
        answer = decode_answer(self.world.acquirer.take_batch(self.terminal, self.batch(claims, notes)))
        self.attested_at = answer.time
        return answer

    def credit(self, cheque: bytes, request: bytes, note: bytes) -> bytes:
        """The bundle by which the wallet shows what it got back."""
        certificate = self.enrolled.certificate
        return encode_credits([Credit(cheque=cheque, request=request, statement=note, certificate=certificate)])

    @property
    def balance_minor(self) -> int:
        return self.world.acquirer.statement(self.payee_id).balance_minor

    @property
    def waiting_minor(self) -> int:
        return self.world.acquirer.statement(self.payee_id).waiting_minor

    @property
    def told(self) -> list[str]:
        """What the payee was told, oldest first."""
        return [event.kind.value for event in reversed(self.world.acquirer.statement(self.payee_id).events)]


class World:
    """One operator over one store file."""

    def __init__(self, path: Path, *, seed: str = "world", terms: IssuingTerms | None = None) -> None:
        self.path = path
        self.now = START
        self.seed = seed
        self.asked: list[bytes] = []
        self._drawn = itertools.count(1)
        self.terms = terms or IssuingTerms(status_list_size=256)
        self.key_set = encode_key_set(
            version=1,
            issued_at=START,
            expires_at=START + 365 * DAY,
            keys=[
                TrustedKey(
                    key=key(name).public_key, role=int(role), not_before=START - DAY, not_after=START + 365 * DAY
                )
                for name, role in (
                    ("issuer", KeyRole.ISSUER),
                    ("acquirer", KeyRole.ACQUIRER),
                    ("online", KeyRole.ONLINE),
                )
            ],
            policies=[Policy(currency=CUR), Policy(currency=OTHER_CUR)],
            least_wire=1,
            least_app="0.1.0",
            roots=[key(name).public_key for name in ("root 1", "root 2", "root 3")],
            threshold=2,
        )
        self.knowledge = OperatorKnowledge.of_key_set(DEPLOYMENT, self.key_set)
        self.open()

    def trusted_roots(self) -> list[AttestationRoot]:
        with self.store.read() as reading:
            return [root for root in reading.attestation_roots() if root.removed_at is None]

    def open(self) -> None:
        self.store = open_store(self.path)
        self.issuer = Issuer(
            store=self.store,
            signer=key("issuer"),
            deployment=DEPLOYMENT,
            knowledge=self.knowledge,
            terms=self.terms,
            clock=lambda: self.now,
            randomness=self.randomness,
            attestations=Attestations(roots=self.trusted_roots, clock=lambda: self.now),
            pins=PasswordsAndCodes(memory_kib=8, passes=1),
            code_at=code_at,
        )
        self.acquirer = Acquirer(
            store=self.store,
            issuer=self.issuer,
            signer=key("acquirer"),
            deployment=DEPLOYMENT,
            knowledge=self.knowledge,
            terms=CertifyingTerms(),
            clock=lambda: self.now,
            randomness=self.randomness,
        )
        self.publisher = Publisher(
            issuer=self.issuer,
            online=key("online"),
            key_set=self.key_set,
            root_signatures=[sign_key_set(key(name), DEPLOYMENT, self.key_set) for name in ("root 1", "root 2")],
            clock=lambda: self.now,
        )

    def close(self) -> None:
        self.store.close()

    def randomness(self, size: int) -> bytes:
        """Bytes that differ at every call and are the same in every run."""
        return hashlib.shake_256(f"{self.seed} {next(self._drawn)}".encode()).digest(size)

    def payer(self, money_minor: int = 2_000_00, name: str = "Lin", currency: str = CUR) -> tuple[PayerId, BoundDevice]:
        new = self.issuer.enrol_payer(name, currency)
        if money_minor:
            self.issuer.fund(new.payer_id, money_minor, f"fund {new.payer_id.hex()}")
        account = key(f"account {new.payer_id.hex()}")
        proof = prove_possession(account, Purpose.ACCOUNT, DEPLOYMENT, code_context(new.code))
        return new.payer_id, self.issuer.bind_device(new.code, account.public_key, proof)

    def wallet(self, amount_minor: int = 1_000_00, bound: BoundDevice | None = None, **order: Any) -> Wallet:
        bound = bound or self.payer()[1]
        request_id = self.randomness(16)
        signer = key(f"device {request_id.hex()}")
        issued = self.issuer.issue_allowance(
            self.issuer.authenticate_device(bound.token),
            device_key=signer.public_key,
            proof=prove_possession(signer, Purpose.ALLOWANCE, DEPLOYMENT, bound.device_id, request_id),
            request_id=request_id,
            amount_minor=amount_minor,
            **order,
        )
        prefix = allowance_prefix(PublicKey(key("issuer").public_key), DEPLOYMENT)
        allowance_id = cose.digest(prefix, decode_allowance(issued.raw).envelope.payload)
        return Wallet(bound=bound, signer=signer, raw=issued.raw, ref=issued.ref, allowance_id=allowance_id)

    def till(self, name: str = "Cafe", payee_id: PayeeId | None = None) -> Till:
        new = self.acquirer.new_code(payee_id) if payee_id else self.acquirer.enrol_payee(name, CUR)
        signer = key(f"terminal {name} {new.code}")
        proof = prove_possession(signer, Purpose.TERMINAL, DEPLOYMENT, code_context(new.code))
        enrolled = self.acquirer.enrol_terminal(new.code, signer.public_key, proof)
        prefix = certificate_prefix(PublicKey(key("acquirer").public_key), DEPLOYMENT)
        certificate_id = cose.digest(prefix, decode_certificate(enrolled.certificate).envelope.payload)
        return Till(world=self, enrolled=enrolled, signer=signer, certificate_id=certificate_id)

    def free_minor(self, wallet: Wallet) -> int:
        return self.issuer.statement(wallet.bound.payer_id).free_minor

    def reserved_minor(self, wallet: Wallet) -> int:
        statement = self.issuer.statement(wallet.bound.payer_id)
        return next(one.reserved_minor for one in statement.allowances if one.ref == wallet.ref)

    def end_windows(self) -> None:
        """Lets every D pass and everything that waits be decided."""
        self.now += 30 * DAY
        self.issuer.close_windows()
        self.acquirer.collect()

    def check_books(self) -> None:
        report = verify_books(self.store)
        assert report.mismatches == ()
        assert set(report.sums.values()) <= {0}
        with self.store.read() as unit:
            if isinstance(unit, RecordedTables):  # every row has its leaf, and what changes by design follows from rows
                assert verify_log(unit.log_facts(DEPLOYMENT), LOG_TRUST).bad == ()


@contextmanager
def opened(path: Path, **options: Any) -> Iterator[World]:
    """A world whose trust pack is published once and whose books are checked at the end."""
    world = World(path, **options)
    try:
        world.publisher.trust_pack()
        yield world
        world.check_books()
    finally:
        world.close()
