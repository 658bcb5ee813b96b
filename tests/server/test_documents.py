"""The OpenAPI document is sound, keeps its names, and says the same as docs/api.md and as the server does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from feiqian.acquirer.dispute_troubles import DisputeTrouble
from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.server import dispute_requests, requests
from feiqian.server.console import requests as console_requests
from feiqian.server.problems import PARTY_STATUS
from feiqian.server.reference import reference_of
from feiqian.server.shapes import Shape
from feiqian.server.trouble import STATUS, ServerTrouble
from feiqian.staff.troubles import StaffTrouble
from tests.server.operators import Served
from tests.tidy.house import ROOT

OPERATIONS = {
    "health": "GET /health",
    "ready": "GET /ready",
    "metrics": "GET /metrics",
    "trustRoot": "GET /v1/trust-root",
    "trustPack": "GET /v1/trust-pack",
    "boundary": "GET /v1/boundary",
    "enrolDevice": "POST /v1/devices",
    "requestAllowance": "POST /v1/allowances",
    "closeAllowance": "POST /v1/allowances/{ref}/closing",
    "payerStatement": "GET /v1/payer/statement",
    "enrolTerminal": "POST /v1/terminals",
    "takeBatch": "POST /v1/batches",
    "payeeStatement": "GET /v1/payee/statement",
    "enrolPayer": "POST /v1/payers",
    "newPayerCode": "POST /v1/payers/{payer_id}/codes",
    "fundPayer": "POST /v1/payers/{payer_id}/funding",
    "fundPool": "POST /v1/pool/funding",
    "reportLost": "POST /v1/payers/{payer_id}/suspensions",
    "newLostCode": "POST /v1/devices/me/lost-code",
    "reportLostDevice": "POST /v1/lost-devices",
    "reportLock": "POST /v1/devices/me/locks",
    "locks": "GET /v1/locks",
    "decideLock": "POST /v1/locks/{lock_id}/decision",
    "consoleLocks": "GET /v1/console/locks",
    "consoleDecideLock": "POST /v1/console/locks/{lock_id}/decision",
    "tillRecoveryKey": "GET /v1/till-recovery-key",
    "enrolPayee": "POST /v1/payees",
    "newPayeeCode": "POST /v1/payees/{payee_id}/codes",
    "payers": "GET /v1/payers",
    "payees": "GET /v1/payees",
    "takeCarriedBatch": "POST /v1/carried-batches",
    "queue": "GET /v1/queue",
    "releaseBatch": "POST /v1/queue/releases",
    "exposures": "GET /v1/exposures",
    "forks": "GET /v1/forks",
    "books": "GET /v1/books",
    "closeWindow": "POST /v1/close-window",
    "presentCheque": "POST /v1/payer/claims",
    "presentNote": "POST /v1/payer/notes",
    "payerDisputes": "GET /v1/payer/disputes",
    "openPayerDispute": "POST /v1/payer/disputes",
    "answerPayeeDispute": "POST /v1/payer/disputes/{dispute_id}/answer",
    "withdrawPayerDispute": "POST /v1/payer/disputes/{dispute_id}/withdrawal",
    "payeeDisputes": "GET /v1/payee/disputes",
    "openPayeeDispute": "POST /v1/payee/disputes",
    "answerPayerDispute": "POST /v1/payee/disputes/{dispute_id}/answer",
    "withdrawPayeeDispute": "POST /v1/payee/disputes/{dispute_id}/withdrawal",
    "disputes": "GET /v1/disputes",
    "decideDispute": "POST /v1/disputes/{dispute_id}/decision",
    "auditCheckpoint": "GET /v1/audit/checkpoint",
    "auditConsistency": "GET /v1/audit/consistency",
    "auditProof": "GET /v1/audit/proof/{kind}/{id}",
    "cosign": "POST /v1/audit/witness",
    "trustWitness": "POST /v1/audit/witnesses",
    "tpmChallenge": "POST /v1/devices/me/tpm-challenge",
    "tpmKey": "POST /v1/devices/me/tpm-key",
    "attestationRoots": "GET /v1/attestation-roots",
    "addAttestationRoot": "POST /v1/attestation-roots",
    "removeAttestationRoot": "POST /v1/attestation-roots/{fingerprint}/removal",
    "payerKeys": "GET /v1/payers/{payer_id}/keys",
    "identifyPayer": "POST /v1/payers/{payer_id}/identity",
    "consoleSignIn": "POST /v1/console/sign-in",
    "consoleSession": "GET /v1/console/session",
    "consolePassword": "POST /v1/console/password",
    "consoleSignOut": "POST /v1/console/sign-out",
    "consoleOverview": "GET /v1/console/overview",
    "consoleVolume": "GET /v1/console/series/volume",
    "consoleStakes": "GET /v1/console/series/exposure",
    "consoleSettling": "GET /v1/console/series/settling",
    "consolePayers": "GET /v1/console/payers",
    "consolePayer": "GET /v1/console/payers/{payer_id}",
    "consolePayees": "GET /v1/console/payees",
    "consolePayee": "GET /v1/console/payees/{payee_id}",
    "consoleDevices": "GET /v1/console/devices",
    "consoleTerminals": "GET /v1/console/terminals",
    "consoleAllowances": "GET /v1/console/allowances",
    "consoleAllowance": "GET /v1/console/allowances/{ref}",
    "consoleExposures": "GET /v1/console/exposures",
    "consoleForks": "GET /v1/console/forks",
    "consoleForkProof": "GET /v1/console/forks/{ref}/proof",
    "consoleDisputes": "GET /v1/console/disputes",
    "consoleDispute": "GET /v1/console/disputes/{dispute_id}",
    "consolePool": "GET /v1/console/pool",
    "consoleEnrolPayer": "POST /v1/console/payers",
    "consolePayerCode": "POST /v1/console/payers/{payer_id}/codes",
    "consoleFundPayer": "POST /v1/console/payers/{payer_id}/funding",
    "consoleReportLost": "POST /v1/console/payers/{payer_id}/suspensions",
    "consoleEnrolPayee": "POST /v1/console/payees",
    "consolePayeeCode": "POST /v1/console/payees/{payee_id}/codes",
    "consoleFundPool": "POST /v1/console/pool/funding",
    "consoleDecide": "POST /v1/console/disputes/{dispute_id}/decision",
    "consoleRevokeTerminal": "POST /v1/console/terminals/{terminal_ref}/revocation",
    "consoleWrongCodes": "GET /v1/console/wrong-codes",
    "consoleRoots": "GET /v1/console/attestation-roots",
    "consoleAddRoot": "POST /v1/console/attestation-roots",
    "consoleRemoveRoot": "POST /v1/console/attestation-roots/{fingerprint}/removal",
    "consoleLeaves": "GET /v1/console/audit/leaves",
    "consoleLeaf": "GET /v1/console/audit/leaves/{index}",
    "consoleActs": "GET /v1/console/audit/acts",
    "consoleActProof": "GET /v1/console/audit/proof/{act_id}",
    "consoleKeys": "GET /v1/console/keys",
    "consoleStaff": "GET /v1/console/staff",
    "consoleRoles": "GET /v1/console/roles",
    "consoleAddStaff": "POST /v1/console/staff",
    "consoleChangeRole": "POST /v1/console/staff/{staff_id}/role",
    "consoleResetStaff": "POST /v1/console/staff/{staff_id}/reset",
    "consoleRemoveStaff": "POST /v1/console/staff/{staff_id}/removal",
    "addAuthenticator": "POST /v1/payers/{payer_id}/authenticators",
    "authenticators": "GET /v1/payers/{payer_id}/authenticators",
    "confirmAuthenticator": "POST /v1/payers/{payer_id}/authenticators/confirmation",
    "consoleAddAuthenticator": "POST /v1/console/payers/{payer_id}/authenticators",
    "consoleAuthenticators": "GET /v1/console/payers/{payer_id}/authenticators",
    "consoleConfirmAuthenticator": "POST /v1/console/payers/{payer_id}/authenticators/confirmation",
    "consoleRemoveAuthenticator": "POST /v1/console/payers/{payer_id}/authenticators/removal",
    "removeAuthenticator": "POST /v1/payers/{payer_id}/authenticators/removal",
    "wrongCodes": "GET /v1/wrong-codes",
}


@pytest.fixture
def document(office: Served) -> Any:
    return office.client.get("/v1/openapi.json").json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def test_names_of_operations_stay(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {one["operationId"]: f"{method.upper()} {path}" for method, path, one in operations(document)} == OPERATIONS


def test_every_reference_leads_somewhere_and_every_shape_is_used(document: Any) -> None:
    found = set(re.findall(r"'#/components/schemas/([A-Za-z]+)'", repr(document)))
    assert found == set(document["components"]["schemas"])


def test_every_refusal_is_a_problem_and_every_success_has_a_shape(document: Any) -> None:
    for _, _, operation in operations(document):
        assert operation["description"]
        for status, response in operation["responses"].items():
            kinds = set(response.get("content", {}))
            assert response["description"]
            if int(status) >= 400 or status == "202":  # received is not what was asked for
                assert kinds == {"application/problem+json"}
            else:
                assert kinds <= {"application/json", "application/cbor", "text/plain"}
                assert kinds or status == "304"


def test_what_needs_a_token_says_so(office: Served, document: Any) -> None:
    for method, path, operation in operations(document):
        place = re.sub(r"\{[a-z_]+\}", "AAECAwQFBgc", path)
        content: dict[str, Any] = {}
        if "requestBody" in operation:
            kind, body = next(iter(operation["requestBody"]["content"].items()))
            name = body["schema"].get("$ref", "").rpartition("/")[2]
            example = document["components"]["schemas"][name]["examples"][0] if name else None
            content = {"json": example} if kind == "application/json" else {"content": b"x"}
            content["headers"] = {"content-type": kind}
        status = office.client.request(method.upper(), place, **content).status_code
        needs_key = any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ()))
        assert (status in {401, 400} if needs_key else status == 401) == bool(operation.get("security"))


@pytest.mark.parametrize(
    "shape",
    [
        one
        for one in {**vars(requests), **vars(dispute_requests), **vars(console_requests)}.values()
        if isinstance(one, type)
    ],
    ids=str,
)
def test_an_example_is_a_good_request(shape: type[object]) -> None:
    if not issubclass(shape, BaseModel) or shape is Shape:
        return
    (example,) = shape.model_json_schema()["examples"]
    shape.model_validate(example)
    with pytest.raises(ValueError, match=r"extra_forbidden|Extra inputs"):
        shape.model_validate(example | {"another": 1})


def test_every_code_of_the_door_has_a_status_and_both_languages() -> None:
    assert set(STATUS) == set(ServerTrouble.table)
    for words in ServerTrouble.table.values():
        assert set(words) == {"en", "zh"}
        assert all(words["en"])
        assert all(words["zh"])


def test_every_status_is_of_a_code_that_exists() -> None:
    parties = (IssuerTrouble, AcquirerTrouble, DisputeTrouble, StaffTrouble)
    assert set(PARTY_STATUS) <= {code for party in parties for code in party.table}


def test_the_reference_page_is_the_documents(document: Any) -> None:
    page = ROOT / "docs" / "api.md"
    wanted = reference_of(document)
    made_anew = page.with_suffix(".md.new")
    made_anew.unlink(missing_ok=True)
    same = page.exists() and page.read_text(encoding="utf-8") == wanted
    if not same:
        made_anew.write_text(wanted, encoding="utf-8")
    assert same, f"docs/api.md is not what the server says; what it says now stands beside it in {made_anew.name}"
