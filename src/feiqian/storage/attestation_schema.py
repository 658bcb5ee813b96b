"""The tables of attestation and identity: roots, attested keys, questions to TPMs, who was identified, second secrets.

Roots, attested keys and identities are evidence, and each change of them a leaf: no device becomes a trusted one, and
nobody an identified person, by being slipped into the books. An open question to a TPM and the tries of a second secret
are neither money nor evidence.
"""

from typing import Final

from feiqian.storage.migrations import Migration

VERSION: Final = 13


def _tables(octets: str, integer: str, end: str) -> tuple[str, ...]:
    return (
        f"""CREATE TABLE attestation_roots (
            fingerprint {octets} PRIMARY KEY CHECK (length(fingerprint) = 32),
            tier {integer} NOT NULL,
            maker TEXT NOT NULL,
            certificate {octets} NOT NULL,
            added_at {integer} NOT NULL,
            removed_at {integer}
        ){end}""",
        f"""CREATE TABLE attested_keys (
            payer_id {octets} NOT NULL REFERENCES payers (payer_id),
            device_key {octets} NOT NULL CHECK (length(device_key) = 33),
            device_id {octets} NOT NULL REFERENCES devices (device_id),
            tier {integer} NOT NULL,
            format TEXT NOT NULL,
            maker TEXT NOT NULL,
            model TEXT NOT NULL,
            identity TEXT NOT NULL,
            root {octets} NOT NULL CHECK (length(root) IN (0, 32)),
            evidence {octets} NOT NULL,
            attested_at {integer} NOT NULL,
            PRIMARY KEY (payer_id, device_key)
        ){end}""",
        f"""CREATE TABLE tpm_questions (
            device_id {octets} PRIMARY KEY REFERENCES devices (device_id),
            device_key {octets} NOT NULL,
            tier {integer} NOT NULL,
            format TEXT NOT NULL,
            maker TEXT NOT NULL,
            model TEXT NOT NULL,
            identity TEXT NOT NULL,
            root {octets} NOT NULL,
            credential {octets} NOT NULL,
            secret_hash {octets} NOT NULL CHECK (length(secret_hash) = 32),
            evidence {octets} NOT NULL,
            expires_at {integer} NOT NULL
        ){end}""",
        f"""CREATE TABLE identities (
            payer_id {octets} PRIMARY KEY REFERENCES payers (payer_id),
            kind TEXT NOT NULL CHECK (kind IN ('in_person', 'document', 'eid', 'employer')),
            reference {octets} NOT NULL,
            checked_by TEXT NOT NULL,
            checked_at {integer} NOT NULL,
            sealed_by {integer} NOT NULL CHECK (sealed_by >= -1 AND sealed_by <> 0),
            CHECK (sealed_by <> -1 OR length(reference) = 0)
        ){end}""",
        "CREATE INDEX identities_by_key ON identities (sealed_by)",
        f"""CREATE TABLE enrolment_pins (
            code_hash {octets} PRIMARY KEY REFERENCES payer_codes (code_hash),
            hashed TEXT NOT NULL,
            misses {integer} NOT NULL CHECK (misses >= 0)
        ){end}""",
    )


_DOWN: Final = (
    "DROP TABLE enrolment_pins",
    "DROP TABLE identities",
    "DROP TABLE tpm_questions",
    "DROP TABLE attested_keys",
    "DROP TABLE attestation_roots",
)
ATTESTATION: Final = Migration(
    version=VERSION,
    name="where device keys live, and who was identified",
    statements=_tables("BLOB", "INTEGER", " STRICT, WITHOUT ROWID"),
    down=_DOWN,
)
ATTESTATION_UP: Final = _tables("bytea", "bigint", "")
ATTESTATION_DOWN: Final = _DOWN
