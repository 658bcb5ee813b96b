/**
 * Verified values: what only the verifiers of this package can build.
 *
 * `decode*` gives what the bytes say; `verify*` gives one of these. Holding one is the proof that every check was
 * passed, so code behind the verifier takes these types and asks nothing again. They cannot be written as object
 * literals, and the seal stops a constructor call anywhere else; that only verifiers name it is a test
 * (tests/web/test_web_tidy.py). What is stored is bytes: whoever reads them again verifies again.
 */

import type { AllowanceTerms } from "./allowance.ts";
import type { CertificateTerms } from "./certificate.ts";
import { type Link, linkOf } from "./chain.ts";
import type { Cheque, ChequeTerms } from "./cheque.ts";
import type { AllowanceRef, RequestHash, StatementId, TerminalRef } from "./ids.ts";
import type { PublicKey } from "./keys.ts";
import type { Knowledge } from "./knowledge.ts";
import { type Octets, toHex } from "./octets.ts";
import type { PasskeyKey } from "./passkey.ts";
import type { RequestTerms } from "./request.ts";

declare const onlyVerifiers: unique symbol;

class Seal {
  declare readonly [onlyVerifiers]: true; // no other object has the type
}

/** Held by the verifiers alone: a verified value cannot be built by accident anywhere else. */
export const SEAL = new Seal();

/** The base of what only a verifier may build. */
export abstract class Sealed {
  declare readonly [onlyVerifiers]: true; // no object literal has the type

  constructor(seal: Seal) {
    if (seal !== SEAL) throw new TypeError("verified values are built by the verifiers of web/protocol only");
  }
}

interface AllowanceParts {
  readonly terms: AllowanceTerms;
  readonly allowanceId: StatementId;
  readonly ref: AllowanceRef;
  readonly raw: Octets;
  readonly issuerKey: PublicKey;
  readonly deviceKey: PublicKey | PasskeyKey;
  readonly chequePrefix: Octets;
}

/** An allowance whose issuer's signature was checked. Whether it is still good is asked at every payment. */
export class VerifiedAllowance extends Sealed implements AllowanceParts {
  readonly terms: AllowanceTerms;
  readonly allowanceId: StatementId;
  readonly ref: AllowanceRef;
  readonly raw: Octets;
  readonly issuerKey: PublicKey;
  readonly deviceKey: PublicKey | PasskeyKey;
  readonly chequePrefix: Octets;

  constructor(seal: typeof SEAL, parts: AllowanceParts) {
    super(seal);
    this.terms = parts.terms;
    this.allowanceId = parts.allowanceId;
    this.ref = parts.ref;
    this.raw = parts.raw;
    this.issuerKey = parts.issuerKey;
    this.deviceKey = parts.deviceKey;
    this.chequePrefix = parts.chequePrefix;
  }
}

interface CertificateParts {
  readonly terms: CertificateTerms;
  readonly certificateId: StatementId;
  readonly ref: TerminalRef;
  readonly raw: Octets;
  readonly terminalKey: PublicKey;
}

/** A terminal certificate whose acquirer's signature and validity were checked. */
export class VerifiedCertificate extends Sealed implements CertificateParts {
  readonly terms: CertificateTerms;
  readonly certificateId: StatementId;
  readonly ref: TerminalRef;
  readonly raw: Octets;
  readonly terminalKey: PublicKey;

  constructor(seal: typeof SEAL, parts: CertificateParts) {
    super(seal);
    this.terms = parts.terms;
    this.certificateId = parts.certificateId;
    this.ref = parts.ref;
    this.raw = parts.raw;
    this.terminalKey = parts.terminalKey;
  }
}

interface CreditParts {
  readonly chequeId: StatementId;
  readonly amountMinor: bigint;
  readonly link: Link | undefined;
  readonly terminalRef: TerminalRef | undefined;
}

/**
 * A credit that counts for one allowance: `chequeId` is what it gives back, or the cheque received.
 *
 * `link` is the own cheque of a credit given back: signed by the device, it testifies in the chain rule.
 */
export class VerifiedCredit extends Sealed implements CreditParts {
  readonly chequeId: StatementId;
  readonly amountMinor: bigint;
  readonly link: Link | undefined;
  readonly terminalRef: TerminalRef | undefined;

  constructor(seal: typeof SEAL, parts: CreditParts) {
    super(seal);
    this.chequeId = parts.chequeId;
    this.amountMinor = parts.amountMinor;
    this.link = parts.link;
    this.terminalRef = parts.terminalRef;
  }
}

interface ChequeParts {
  readonly cheque: Cheque;
  readonly chequeId: StatementId;
  readonly allowance: VerifiedAllowance;
  readonly credits: readonly VerifiedCredit[];
  readonly finalMinor: bigint;
  readonly guaranteedMinor: bigint;
  readonly warn: boolean;
}

/**
 * A good cheque on an allowance. `guaranteedMinor` is what the issuer owes the payee whatever happens.
 *
 * `finalMinor` is what the payee takes, `warn` says that the verifier's knowledge is old.
 */
export class VerifiedCheque extends Sealed implements ChequeParts {
  readonly cheque: Cheque;
  readonly chequeId: StatementId;
  readonly allowance: VerifiedAllowance;
  readonly credits: readonly VerifiedCredit[];
  readonly finalMinor: bigint;
  readonly guaranteedMinor: bigint;
  readonly warn: boolean;

  constructor(seal: typeof SEAL, parts: ChequeParts) {
    super(seal);
    this.cheque = parts.cheque;
    this.chequeId = parts.chequeId;
    this.allowance = parts.allowance;
    this.credits = parts.credits;
    this.finalMinor = parts.finalMinor;
    this.guaranteedMinor = parts.guaranteedMinor;
    this.warn = parts.warn;
  }

  /** What the cheque says. */
  get terms(): ChequeTerms {
    return this.cheque.terms;
  }

  /** The cheque as received. */
  get raw(): Octets {
    return this.cheque.envelope.raw;
  }

  /** The cheque as the chain rule sees it. */
  get link(): Link {
    return linkOf(this.chequeId, this.cheque.terms);
  }
}

interface RequestParts {
  readonly terms: RequestTerms;
  readonly payload: Octets;
  readonly requestHash: RequestHash;
  readonly certificate: VerifiedCertificate | undefined;
}

/** A request that a wallet may answer. Without `certificate` it came unsigned: the name is then not proved. */
export class VerifiedRequest extends Sealed implements RequestParts {
  readonly terms: RequestTerms;
  readonly payload: Octets;
  readonly requestHash: RequestHash;
  readonly certificate: VerifiedCertificate | undefined;

  constructor(seal: typeof SEAL, parts: RequestParts) {
    super(seal);
    this.terms = parts.terms;
    this.payload = parts.payload;
    this.requestHash = parts.requestHash;
    this.certificate = parts.certificate;
  }
}

interface Held {
  readonly allowance: VerifiedAllowance;
  readonly standsUnder: Knowledge;
}

/**
 * Allowances verified before, by their exact bytes: the second payment costs one verification, not two.
 *
 * Beside each is the knowledge under which it was last found in good standing (issuer key in service, not suspended):
 * knowledge never changes, so the same one need not be asked twice. Bounded; the one that came first goes first.
 */
export class AllowanceCache {
  readonly #known = new Map<string, Held>();
  readonly #maxEntries: number;

  constructor(maxEntries = 4096) {
    this.#maxEntries = maxEntries;
  }

  /** The verified allowance of these bytes and the knowledge under which it stands, if it is held. */
  get(raw: Octets): Held | undefined {
    return this.#known.get(toHex(raw));
  }

  /** Holds an allowance that was verified and found in good standing under `knowledge`. */
  put(allowance: VerifiedAllowance, knowledge: Knowledge): void {
    this.#known.set(toHex(allowance.raw), { allowance, standsUnder: knowledge });
    if (this.#known.size <= this.#maxEntries) return;
    for (const [oldest] of this.#known) {
      this.#known.delete(oldest);
      return;
    }
  }
}
