"""Routes of attestation: the roots that an operator trusts, a TPM's attestation key, what a payer's keys showed."""

import secrets

from fastapi import APIRouter, Depends, Response

from feiqian.issuer.values import PayerId
from feiqian.protocol.allowance import Tier
from feiqian.server.attestation_answers import (
    AttestedKeyAnswer,
    HolderAnswer,
    IdentityAnswer,
    RootAnswer,
    RootsAnswer,
    TpmCredential,
    TpmKeyAnswer,
)
from feiqian.server.documents import refusals
from feiqian.server.doors import DeviceDep, OperatorDep, admin
from feiqian.server.once import answer
from feiqian.server.operator import Operator
from feiqian.server.requests import NewRoot, Nothing, TpmKeys, TpmSecret
from feiqian.server.shapes import SECRET_BYTES, ChequeIdIn, IdIn
from feiqian.server.strict_json import StrictRoute

router = APIRouter(tags=["attestation"], route_class=StrictRoute)


@router.post(
    "/v1/devices/me/tpm-challenge",
    operation_id="tpmChallenge",
    response_model=TpmCredential,
    responses=refusals(400, 401, 415, 422),
)
def tpm_challenge(operator: OperatorDep, device: DeviceDep, keys: TpmKeys) -> Response:
    """Asks the device's TPM to show that it holds both keys. Replaces a question that is still open."""
    asked = operator.issuer.attesting.ask_tpm(
        device,
        ek_certificate=keys.ek_certificate,
        issuers=keys.ek_issuers,
        ak_public=keys.ak_public,
        secret=secrets.token_bytes(SECRET_BYTES),
    )
    return answer(TpmCredential(credential=asked.credential, answer_until=asked.expires_at))


@router.post(
    "/v1/devices/me/tpm-key",
    operation_id="tpmKey",
    response_model=TpmKeyAnswer,
    responses=refusals(400, 401, 409, 415, 422),
)
def tpm_key(operator: OperatorDep, device: DeviceDep, secret: TpmSecret) -> Response:
    """The TPM's answer: from now on what its attestation key certifies is believed. Again is harmless."""
    bound = operator.issuer.attesting.answer_tpm(device, secret.secret, operator.clock())
    return answer(TpmKeyAnswer(key=bound.key, maker=bound.attested.maker, model=bound.attested.model))


@router.get(
    "/v1/attestation-roots",
    operation_id="attestationRoots",
    response_model=RootsAnswer,
    responses=refusals(401),
    dependencies=[Depends(admin)],
)
def roots(operator: OperatorDep) -> Response:
    """Every root that is trusted or was."""
    return answer(RootsAnswer(roots=tuple(map(RootAnswer.of, operator.issuer.attesting.roots()))))


@router.post(
    "/v1/attestation-roots",
    operation_id="addAttestationRoot",
    status_code=201,
    response_model=RootAnswer,
    responses=refusals(400, 401, 409, 415, 422),
    dependencies=[Depends(admin)],
)
def add_root(operator: OperatorDep, root: NewRoot) -> Response:
    """Believes attestations under this root from now on, for keys of this tier. Again is harmless."""
    tier = Tier[root.tier.upper()]
    return answer(
        RootAnswer.of(operator.issuer.attesting.add_root(root.pem.encode(), tier=tier, maker=root.maker)), 201
    )


@router.post(
    "/v1/attestation-roots/{fingerprint}/removal",
    operation_id="removeAttestationRoot",
    response_model=RootAnswer,
    responses=refusals(400, 401, 404, 415, 422),
    dependencies=[Depends(admin)],
)
def remove_root(operator: OperatorDep, fingerprint: ChequeIdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """No new allowance on its word from now on; those that were issued stay what they are. Again is harmless."""
    return answer(RootAnswer.of(operator.issuer.attesting.remove_root(fingerprint, operator.clock())))


@router.get(
    "/v1/payers/{payer_id}/keys",
    operation_id="payerKeys",
    response_model=HolderAnswer,
    responses=refusals(401, 404, 422),
    dependencies=[Depends(admin)],
)
def payer_keys(operator: OperatorDep, payer_id: IdIn) -> Response:
    """Who a payer is, as far as somebody checked, and where its keys live."""
    return answer(holder_of(operator, payer_id))


def holder_of(operator: Operator, payer_id: bytes) -> HolderAnswer:
    """Identity and attested keys of a payer. Raises unknown_payer."""
    payer = PayerId(payer_id)
    identity = operator.issuer.identity(payer)
    trusted = {root.fingerprint for root in operator.issuer.attesting.roots() if root.removed_at is None}
    return HolderAnswer(
        identity=None if identity is None else IdentityAnswer.of(identity),
        keys=tuple(
            AttestedKeyAnswer.of(key, trusted=not key.attested.root or key.attested.root in trusted)
            for key in operator.issuer.attesting.keys_of(payer)
        ),
    )
