"""Enrolment: how a device becomes a payee's terminal.

The key is stored before the operator hears of it, so an enrolment that broke off is finished with the same key and
the same code, and the operator gives the same certificate. The root keys that come with the answer are pinned now:
the enrolment code reached the payee by another way, so this is the moment of trust.

Where the answer was lost and the code has run out since, that key is certified already and no other code can be had for
it. It has signed nothing, so the terminal drops it and enrols with a new one.
"""

from typing import Final

from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.keys import Signer
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.protocol.trust import Trust, TrustRoot, first_trust
from feiqian.protocol.verified import VerifiedCertificate
from feiqian.protocol.verify_credit import verify_certificate
from feiqian.protocol.words import Coded
from feiqian.terminal.desk import Outside
from feiqian.terminal.ports import EnrolmentReply, OperatorLink
from feiqian.terminal.records import Enrolment, HeldTrust
from feiqian.terminal.troubles import TerminalTrouble

KEY_USED: Final = "terminal_key_used"
"""What the operator says of a key that it certified under another code."""


def enrol(outside: Outside, link: OperatorLink, *, server: str, code: str) -> None:
    """Enrol with the operator behind `link`; `server` is remembered for later syncs.

    Raises TerminalTrouble already_enrolled or enrolment_mismatch, Refused for bytes that do not verify, and what the
    link raises. Repeating it after any failure is safe.
    """
    store = outside.store
    if store.enrolment() is not None:
        raise TerminalTrouble("already_enrolled")
    kept = store.pending_key() or _new_key(outside)
    deployment = link.trust_root().deployment
    try:
        reply = _ask(link, deployment, outside.keys.load(kept), code)
    except Coded as refused:
        if refused.code != KEY_USED:
            raise
        kept = _new_key(outside)
        reply = _ask(link, deployment, outside.keys.load(kept), code)
    signer = outside.keys.load(kept)
    if reply.trust_root.deployment != deployment:
        raise TerminalTrouble("enrolment_mismatch", why="deployment")
    pack = link.trust_pack()
    if pack is None:
        raise TerminalTrouble("enrolment_mismatch", why="no trust pack")
    trust = first_trust(reply.trust_root, pack.raw, outside.read_key)
    now = max(outside.clock(), trust.index.issued_at)
    certificate = _own_certificate(reply.certificate, trust, signer.public_key, now)
    store.enrol(
        Enrolment(
            deployment=deployment,
            server=server,
            key=kept,
            token=reply.token,
            certificate=reply.certificate,
            certificate_id=certificate.certificate_id,
        ),
        held_trust(trust, etag=pack.etag, fetched_at=now),
    )


def _new_key(outside: Outside) -> bytes:
    key = outside.keys.make()
    outside.store.keep_pending_key(key)
    return key


def _ask(link: OperatorLink, deployment: str, signer: Signer, code: str) -> EnrolmentReply:
    return link.enrol_terminal(
        enrolment_code=code,
        terminal_key=signer.public_key,
        proof=prove_possession(signer, Purpose.TERMINAL, deployment, code_context(code)),
    )


def held_trust(trust: Trust, *, etag: str, fetched_at: int) -> HeldTrust:
    """A pack as it is stored: with the roots it states itself, which the roots before it have signed."""
    root = TrustRoot(deployment=trust.deployment, roots=tuple(trust.key_set.roots), threshold=trust.key_set.threshold)
    return HeldTrust(root=root, raw=trust.raw, etag=etag, fetched_at=fetched_at)


def _own_certificate(raw: bytes, trust: Trust, own_key: bytes, now: int) -> VerifiedCertificate:
    certificate = decode_certificate(raw)
    policy = trust.policy(certificate.terms.currency)
    verified = verify_certificate(certificate, trust, now=now, skew_s=policy.skew_s)
    if verified.terms.terminal_key != own_key:
        raise TerminalTrouble("enrolment_mismatch", why="another terminal's certificate")
    return verified
