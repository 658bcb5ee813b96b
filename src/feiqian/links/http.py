"""The way to the operator: every call that a wallet, a terminal or an administrator makes, over HTTPS.

Each method returns a value or raises: `OperatorRefused` when the operator says no (its own code and sentences),
`LinkTrouble` when it could not be asked or its answer not be read; then asking the same again is safe. No call lasts
longer than the deadline, retries included. Signed bytes come back unverified: who asked verifies them.

Every call may be repeated: a device's requests carry ids that it chose and stored before it asked (request id, batch
id, enrolment code with its key), an administrator's carry an idempotency key. Ids are bytes here.
"""

import json
import secrets
from collections.abc import Mapping
from contextlib import nullcontext
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from feiqian.acquirer.values import NewPayee, PayeeLine, PayeeStatement
from feiqian.issuer.values import (
    Exposure,
    Fork,
    IdentityKind,
    IssuedAllowance,
    NewPayer,
    PayerLine,
    PayerStatement,
    Suspension,
    WindowsClosed,
)
from feiqian.ledger.verify import BooksReport
from feiqian.links.http_attestation import AttestationCalls
from feiqian.links.http_audit import GrowthReply, LogStateReply, ProofReply, growth_in, log_state_in, proof_in
from feiqian.links.http_authenticators import AuthenticatorCalls
from feiqian.links.http_disputes import DisputeCalls
from feiqian.links.http_locks import LockCalls
from feiqian.links.http_queue import QueueReply, queue_in
from feiqian.links.http_ready import ReadyReply, ready_in
from feiqian.links.http_replies import (
    DeviceEnrolment,
    Fields,
    TerminalEnrolment,
    TrustPackReply,
    bytes_of,
    fields_of,
    trust_root_in,
)
from feiqian.links.http_spelling import spell_bytes, spell_instant
from feiqian.links.http_statements import (
    books_in,
    exposure_in,
    fork_in,
    issued_allowance_in,
    new_payee_in,
    new_payer_in,
    payee_line_in,
    payee_statement_in,
    payer_line_in,
    payer_statement_in,
    suspension_in,
    windows_closed_in,
)
from feiqian.links.http_transport import Ask, HttpTransport, Reply, Waiting
from feiqian.links.http_trouble import OperatorRefused
from feiqian.protocol.limits import ANSWER_MAX_BYTES, TRUST_PACK_MAX_BYTES
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.words import Language

TIMEOUT_S: Final = 5.0
DEADLINE_S: Final = 30.0
JSON_ANSWER_MAX_BYTES: Final = 1024 * 1024
CBOR: Final = "application/cbor"


def new_idempotency_key() -> str:
    """A key that no other request has: 22 characters of base64url, 128 random bits."""
    return secrets.token_urlsafe(16)


class OperatorClient(AttestationCalls, AuthenticatorCalls, LockCalls, DisputeCalls):
    """One operator, as one token's holder sees it. Use as a context manager, or `close` it.

    `timeout_s` bounds one read or write, `deadline_s` a whole call with its retries. `language` is the language of
    the sentences in a refusal. `ca_file` holds the authority of an operator with certificates of its own. `waiting`
    is entered while a call waits for its answer: a device lets go of its store then.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        deadline_s: float = DEADLINE_S,
        language: Language = "en",
        ca_file: Path | None = None,
        waiting: Waiting = nullcontext,
    ) -> None:
        self._transport = HttpTransport(
            base_url, timeout_s=timeout_s, deadline_s=deadline_s, ca_file=ca_file, waiting=waiting
        )
        self._token = token
        self._language = language

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    # --- everybody ---

    def health(self) -> str:
        """The version of the server, if it is up and its books can be reached."""
        return fields_of(self._get("/health")).text("version")

    def ready(self) -> ReadyReply:
        """That the server takes work, and what it warns of. Raises OperatorRefused, LinkTrouble when it does not."""
        return ready_in(fields_of(self._get("/ready")))

    def trust_root(self) -> TrustRoot:
        """The root keys of this deployment. Pin them only when their fingerprint came by another way, too."""
        return trust_root_in(fields_of(self._get("/v1/trust-root")))

    def trust_pack(self, *, etag: str | None = None) -> TrustPackReply | None:
        """The newest trust pack, unverified; None if it is still the one that carried `etag`."""
        headers = {} if etag is None else {"if-none-match": etag}
        reply = self._get("/v1/trust-pack", max_bytes=TRUST_PACK_MAX_BYTES, headers=headers)
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return None
        return TrustPackReply(raw=bytes_of(reply), etag=reply.headers.get("etag", ""))

    def till_recovery_key(self) -> bytes | None:
        """The key for which a till seals its own, 33 bytes; None from an operator that has none."""
        try:
            return fields_of(self._get("/v1/till-recovery-key")).octets("recovery_key")
        except OperatorRefused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    # --- the audit log ---

    def audit_state(self) -> LogStateReply:
        """The log's newest state, unverified."""
        return log_state_in(fields_of(self._get("/v1/audit/checkpoint")))

    def audit_growth(self, old_size: int, new_size: int | None = None) -> GrowthReply:
        """The consistency proof from `old_size` leaves to the signed state of `new_size`, or to the newest one."""
        to = "" if new_size is None else f"&to={new_size:d}"
        return growth_in(fields_of(self._get(f"/v1/audit/consistency?from={old_size:d}{to}")))

    def audit_proof(self, kind: str, subject: bytes) -> ProofReply:
        """The proof of the newest leaf of this kind on something of one's own, unverified."""
        return proof_in(fields_of(self._get(f"/v1/audit/proof/{kind}/{spell_bytes(subject)}")))

    def cosign(self, *, size: int, line: str) -> LogStateReply:
        """Hands in a witness's signature line for the state of `size` leaves; that state, unverified."""
        return log_state_in(self._post("/v1/audit/witness", {"size": size, "line": line}))

    def trust_witness(self, *, key: str) -> bool:
        """The administrator takes this witness's cosignatures from now on; whether it is new."""
        return self._post("/v1/audit/witnesses", {"key": key}).yes("added")

    # --- a wallet ---

    def enrol_device(
        self, *, enrolment_code: str, account_key: bytes, proof: bytes, pin: str | None = None
    ) -> DeviceEnrolment:
        """Makes this device the payer's.

        `proof` is prove_possession(account, Purpose.ACCOUNT, deployment, code_context(enrolment_code)); ask
        `trust_root` for the deployment first. The same code with the same key gives the same device again, with a
        fresh token that replaces the one before. `pin` are the six digits that some codes have beside them.
        """
        content = {
            "enrolment_code": enrolment_code,
            "account_key": spell_bytes(account_key),
            "proof": spell_bytes(proof),
        }
        fields = self._post("/v1/devices", content if pin is None else content | {"pin": pin})
        return DeviceEnrolment(
            device_id=fields.octets("device_id"),
            payer_id=fields.octets("payer_id"),
            name=fields.text("name"),
            currency=fields.text("currency"),
            token=fields.text("token"),
            trust_root=trust_root_in(fields.inner("trust_root")),
        )

    def request_allowance(
        self,
        *,
        request_id: bytes,
        device_key: bytes,
        proof: bytes | None,
        amount_minor: int | None = None,
        audience: bytes | None = None,
        evidence: bytes | None = None,
    ) -> IssuedAllowance:
        """An allowance for a new device key; `raw` is signed bytes, unverified.

        `request_id` is 16 bytes that the wallet stored before asking: the same one gives the same allowance.
        `proof` is prove_possession(device_signer, Purpose.ALLOWANCE, deployment, device_id, request_id), or None where
        `evidence`, which shows where the key lives (spec 12), proves possession itself.
        `amount_minor` None takes the operator's default. `audience` binds it to one payee.
        """
        content: dict[str, Any] = {
            "request_id": spell_bytes(request_id),
            "device_key": spell_bytes(device_key),
        }
        for name, part in (("proof", proof), ("evidence", evidence)):
            if part is not None:
                content[name] = spell_bytes(part)
        if amount_minor is not None:
            content["amount_minor"] = amount_minor
        if audience is not None:
            content["audience"] = spell_bytes(audience)
        return issued_allowance_in(self._post("/v1/allowances", content))

    def close_allowance(self, *, ref: bytes, closing_cheque: bytes) -> Suspension:
        """Hands in the closing cheque of the allowance `ref` (8 bytes); says when the rest comes back."""
        content = {"closing_cheque": spell_bytes(closing_cheque)}
        return suspension_in(self._post(f"/v1/allowances/{spell_bytes(ref)}/closing", content))

    def payer_statement(self) -> PayerStatement:
        """What the payer of this device's token has, and where it is."""
        return payer_statement_in(fields_of(self._get("/v1/payer/statement")))

    # --- a terminal ---

    def enrol_terminal(self, *, enrolment_code: str, terminal_key: bytes, proof: bytes) -> TerminalEnrolment:
        """Makes this terminal the payee's; its certificate is signed bytes, unverified.

        `proof` is prove_possession(terminal, Purpose.TERMINAL, deployment, code_context(enrolment_code)). The same
        code with the same key gives the same certificate again, with a fresh token.
        """
        fields = self._post(
            "/v1/terminals",
            {"enrolment_code": enrolment_code, "terminal_key": spell_bytes(terminal_key), "proof": spell_bytes(proof)},
        )
        return TerminalEnrolment(
            terminal_ref=fields.octets("terminal_ref"),
            payee_id=fields.octets("payee_id"),
            payee_name=fields.text("payee_name"),
            currency=fields.text("currency"),
            certificate=fields.octets("certificate"),
            token=fields.text("token"),
            trust_root=trust_root_in(fields.inner("trust_root")),
        )

    def send_batch(self, batch: bytes) -> bytes:
        """The acquirer's signed answer to this signed batch, unverified. The same batch gets the same bytes.

        Raises OperatorUnable batch_received when the operator has it and has not settled it in the time of this call.
        """
        return self._send_batch("/v1/batches", batch)

    def payee_statement(self, *, after: int | None = None) -> PayeeStatement:
        """What the payee of this terminal's token has, what waits until when, and the newest changes, newest first.

        With `after`, the number of the last event heard, the changes behind it, oldest first. Raises Refused
        UPDATE_NEEDED for a change of a kind that this version does not know.
        """
        query = "" if after is None else f"?after={after:d}"
        return payee_statement_in(fields_of(self._get(f"/v1/payee/statement{query}")))

    # --- an administrator ---

    def enrol_payer(
        self,
        *,
        name: str,
        idempotency_key: str,
        currency: str | None = None,
        identity: tuple[IdentityKind, str] | None = None,
        with_pin: bool = False,
    ) -> NewPayer:
        """A new payer and the one-time code for its first device; without a currency the operator's own.

        `identity` is how it was checked and by which reference; `with_pin` gives the code a second secret.
        """
        content: dict[str, Any] = {"name": name, "currency": currency, "with_pin": with_pin}
        if identity is not None:
            content["identity"] = {"kind": identity[0].value, "reference": identity[1]}
        return new_payer_in(self._post("/v1/payers", content, idempotency_key))

    def new_payer_code(self, *, payer_id: bytes, idempotency_key: str, with_pin: bool = False) -> NewPayer:
        """Another one-time code for a payer: a new phone."""
        path = f"/v1/payers/{spell_bytes(payer_id)}/codes"
        return new_payer_in(self._post(path, {"with_pin": with_pin}, idempotency_key))

    def fund(self, *, payer_id: bytes, amount_minor: int, currency: str, idempotency_key: str) -> int:
        """Adds money to a payer's free balance once; the balance after it, minor units."""
        content = {"amount_minor": amount_minor, "currency": currency}
        return self._post(f"/v1/payers/{spell_bytes(payer_id)}/funding", content, idempotency_key).number("free_minor")

    def fund_pool(self, *, amount_minor: int, currency: str, idempotency_key: str) -> int:
        """Adds money to the guarantee pool once; the pool after it, minor units."""
        content = {"amount_minor": amount_minor, "currency": currency}
        return self._post("/v1/pool/funding", content, idempotency_key).number("pool_minor")

    def suspend(self, *, payer_id: bytes) -> tuple[Suspension, ...]:
        """The payer's phone is lost: suspends every live allowance and signs the devices out."""
        fields = self._post(f"/v1/payers/{spell_bytes(payer_id)}/suspensions", {})
        return tuple(suspension_in(item) for item in fields.each("suspensions"))

    def enrol_payee(self, *, name: str, idempotency_key: str, currency: str | None = None) -> NewPayee:
        """A new payee and the one-time code for its first terminal; without a currency the operator's own."""
        return new_payee_in(self._post("/v1/payees", {"name": name, "currency": currency}, idempotency_key))

    def new_payee_code(self, *, payee_id: bytes, idempotency_key: str) -> NewPayee:
        """Another one-time code for a payee: one more terminal."""
        return new_payee_in(self._post(f"/v1/payees/{spell_bytes(payee_id)}/codes", {}, idempotency_key))

    def payers(self, *, after: bytes | None = None) -> tuple[tuple[PayerLine, ...], bool]:
        """Payers in the order of their ids, those behind `after`; and whether there are more behind the last one."""
        fields = fields_of(self._get(f"/v1/payers{_behind(after)}"))
        return tuple(payer_line_in(item) for item in fields.each("payers")), fields.yes("more")

    def payees(self, *, after: bytes | None = None) -> tuple[tuple[PayeeLine, ...], bool]:
        """As `payers`, for payees."""
        fields = fields_of(self._get(f"/v1/payees{_behind(after)}"))
        return tuple(payee_line_in(item) for item in fields.each("payees")), fields.yes("more")

    def take_carried_batch(self, batch: bytes) -> bytes:
        """As `send_batch`, for a batch that came as a file from a terminal without a network."""
        return self._send_batch("/v1/carried-batches", batch)

    def queue(self) -> QueueReply:
        """What waits between intake and books, and what was put aside."""
        return queue_in(fields_of(self._get("/v1/queue")))

    def release_batch(self, *, body_hash: bytes) -> bool:
        """Lets a batch that was put aside come again; whether it was there."""
        return self._post("/v1/queue/releases", {"batch": spell_bytes(body_hash)}).yes("released")

    def exposures(self) -> tuple[Exposure, ...]:
        """What is at stake where: live allowances, and those on which the issuer lost."""
        return tuple(exposure_in(item) for item in fields_of(self._get("/v1/exposures")).each("exposures"))

    def forks(self) -> tuple[Fork, ...]:
        """Every conviction with its proof, oldest first."""
        return tuple(fork_in(item) for item in fields_of(self._get("/v1/forks")).each("forks"))

    def books(self) -> BooksReport:
        """The running server's check of its own books."""
        return books_in(fields_of(self._get("/v1/books")))

    def close_windows(self, *, now: int | None = None) -> WindowsClosed:
        """Ends every allowance whose D has passed. Another `now` than the server's is for test deployments only."""
        content = {} if now is None else {"now": spell_instant(now)}
        return windows_closed_in(self._post("/v1/close-window", content))

    # --- the parts of every call ---

    def _get(
        self, path: str, *, max_bytes: int = JSON_ANSWER_MAX_BYTES, headers: Mapping[str, str] | None = None
    ) -> Reply:
        ask = Ask(method="GET", path=path, max_bytes=max_bytes, headers=self._headers() | dict(headers or {}))
        return self._transport.send(ask)

    def _post(self, path: str, content: Mapping[str, Any], idempotency_key: str | None = None) -> Fields:
        headers = self._headers() | {"content-type": "application/json"}
        if idempotency_key is not None:
            headers["idempotency-key"] = idempotency_key
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        ask = Ask(method="POST", path=path, body=body, max_bytes=JSON_ANSWER_MAX_BYTES, headers=headers)
        return fields_of(self._transport.send(ask))

    def _send_batch(self, path: str, batch: bytes) -> bytes:
        headers = self._headers() | {"content-type": CBOR, "accept": CBOR}
        ask = Ask(method="POST", path=path, body=batch, max_bytes=ANSWER_MAX_BYTES, headers=headers)
        return bytes_of(self._transport.send(ask))

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {"accept-language": self._language}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token}"
        return headers


def _behind(after: bytes | None) -> str:
    return "" if after is None else f"?after={spell_bytes(after)}"
