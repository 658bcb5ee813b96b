"""What cheats do in the demo, with the keys and pictures that they would really have.

No honest command can do any of this, so the cheats' changed software is here: it opens its own vault with its own
PIN, or changes bytes of a picture it photographed. Nothing in here is part of the product.
"""

import os
from pathlib import Path
from typing import Final

from feiqian.cli.device import device_clock, read_secret
from feiqian.keys.software import SoftwareKey
from feiqian.links.http import OperatorClient
from feiqian.links.qr import draw_message, read_message
from feiqian.protocol import cbor, cose
from feiqian.protocol.answer import AnswerItem, decode_answer
from feiqian.protocol.cheque import ChequeTerms, draw_cheque
from feiqian.protocol.claim import Claim, encode_claim, sign_batch
from feiqian.protocol.ids import BatchId, TerminalRef
from feiqian.protocol.limits import BATCH_ID_BYTES, PREVIOUS_BYTES, REF_BYTES, STATEMENT_MAX_BYTES
from feiqian.protocol.presentation import decode_asking, decode_payment
from feiqian.protocol.receipt import RECEIPT_LAYOUT, ReceiptTerms
from feiqian.protocol.request import request_hash
from feiqian.protocol.trust import Trust, first_trust
from feiqian.protocol.verify_allowance import identify_allowance
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore

AMOUNT_FIELD: Final = 4
CUMULATIVE_FIELD: Final = 6


def forge_amount(photographed: Path, forged: Path, *, add_minor: int) -> None:
    """Draws the payment of a picture again with a higher amount and the same signature."""
    payment = decode_payment(read_message([photographed]))
    envelope = payment.cheque.envelope
    fields = cbor.decode_map(envelope.payload, max_bytes=STATEMENT_MAX_BYTES)
    fields[AMOUNT_FIELD] += add_minor
    fields[CUMULATIVE_FIELD] += add_minor
    changed = cbor.encode(fields)
    if len(changed) != len(envelope.payload):
        raise ValueError("the forged amount must be as long as the true one")
    draw_message(payment.allowance.raw + envelope.raw.replace(envelope.payload, changed), forged)


def overspend(home: Path, pin_file: Path, asking: Path, forged: Path) -> None:
    """A device with changed software answers a request with more than its allowance holds."""
    asked = decode_asking(read_message([asking])).request
    with Vault.open(home / "wallet", read_secret(pin_file), device_clock()) as vault:
        store = VaultWalletStore(vault)
        held, trust_held = store.allowances()[0], store.trust()
        if held.raw is None or trust_held is None:
            raise ValueError("the cheat has no allowance to overspend")
    trust = first_trust(trust_held.root, trust_held.pack)
    allowance = identify_allowance(cose.open_envelope(held.raw, max_bytes=STATEMENT_MAX_BYTES), trust)
    amount_minor = asked.terms.amount_minor
    terms = ChequeTerms(
        allowance_ref=allowance.ref,
        counter=held.counter + 1,
        previous=held.last_id[:PREVIOUS_BYTES],
        cumulative_minor=held.cumulative_minor + amount_minor,
        time=device_clock(),
        holder_check=1,
        exact_minor=amount_minor,
        request=request_hash(asked.payload, trust.deployment),
    )
    cheque = draw_cheque(SoftwareKey(held.device_key), allowance.allowance_id, trust.deployment, terms)
    draw_message(held.raw + cheque, forged)


def claim_as_bystander(home: Path, pin_file: Path, photographed: Path, asking: Path) -> AnswerItem:
    """A payee's terminal claims a payment that it only photographed, made out to somebody else.

    Returns the operator's answer to that claim.
    """
    with Vault.open(home / "terminal", read_secret(pin_file), device_clock()) as vault:
        store = VaultTerminalStore(vault)
        me, trust_held = store.enrolment(), store.trust()
    if me is None or trust_held is None:
        raise ValueError("the bystander has no terminal")
    trust = first_trust(trust_held.root, trust_held.raw)
    ref = TerminalRef(me.certificate_id[:REF_BYTES])
    allowance, claim = _photographed_claim(trust, ref, photographed, asking)
    batch = sign_batch(
        SoftwareKey(me.key),
        me.certificate_id,
        trust.deployment,
        terminal_ref=ref,
        batch_id=BatchId(os.urandom(BATCH_ID_BYTES)),
        time=device_clock(),
        index_version=trust.index.version,
        allowances=[allowance],
        claims=[claim],
        notes=[],
    )
    with OperatorClient(me.server, me.token) as client:
        return decode_answer(client.send_batch(batch)).claims[0]


def _photographed_claim(trust: Trust, ref: TerminalRef, photographed: Path, asking: Path) -> tuple[bytes, bytes]:
    """The allowance and the claim of a payment between two others, with a receipt of the bystander's own."""
    payment = decode_payment(read_message([photographed]))
    request = decode_asking(read_message([asking])).request
    allowance = identify_allowance(payment.allowance, trust)
    receipt = ReceiptTerms(
        terminal_ref=ref,
        cheque_id=cose.digest(allowance.cheque_prefix, payment.cheque.envelope.payload),
        final_minor=payment.cheque.amount_minor,
        time=device_clock(),
        counter=1,
        previous=bytes(PREVIOUS_BYTES),
        index_version=trust.index.version,
    )
    claim = Claim(
        cheque=payment.cheque.envelope.raw,
        receipt=RECEIPT_LAYOUT.encode_terms(receipt),
        request=request.payload,
    )
    return payment.allowance.raw, encode_claim(claim)
