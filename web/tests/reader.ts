/**
 * The reader of vectors/: what each `check` means, spelt out against web/protocol (vectors/README.md).
 *
 * `run` answers one file's question with the output that it must have, or throws Refused. The Python reader is
 * tests/vectors/reader.py; both read the same files.
 */

import { decodeAllowance } from "../protocol/allowance.ts";
import { decodeAnswer } from "../protocol/answer.ts";
import * as cbor from "../protocol/cbor.ts";
import { decodeCertificate } from "../protocol/certificate.ts";
import { contradiction, type Link } from "../protocol/chain.ts";
import { decodeCheque } from "../protocol/cheque.ts";
import { decodeBatch, decodeClaim } from "../protocol/claim.ts";
import * as cose from "../protocol/cose.ts";
import { decodeCredits } from "../protocol/credit.ts";
import { decodeForkProof, verifyForkProof } from "../protocol/fork_proof.ts";
import { join } from "../protocol/frame.ts";
import { KeyId, PayeeId, RequestHash, StatementId } from "../protocol/ids.ts";
import { loadPublicKey } from "../protocol/keys.ts";
import { fromHex, type Octets, toHex } from "../protocol/octets.ts";
import { decodeAcknowledgement, decodeAsking, decodePayment, kindShown } from "../protocol/presentation.ts";
import { decodeText } from "../protocol/qrtext.ts";
import { decodeNote, decodeReceipt } from "../protocol/receipt.ts";
import { REFUSAL_WORDS, type RefusalCode } from "../protocol/refusals.ts";
import { askedMinor, decodeRequest, requestHash } from "../protocol/request.ts";
import { decodeSettledNotice } from "../protocol/settled_notice.ts";
import { decodeStatusList } from "../protocol/status_list.ts";
import { advance, firstTrust, type Trust, type TrustRoot } from "../protocol/trust.ts";
import { decodeIndex, decodeKeySet, decodeTrustPack } from "../protocol/trust_pack.ts";
import { AllowanceCache, type VerifiedCertificate } from "../protocol/verified.ts";
import { type Answering, type Remembered, type Taking, verifyPayment } from "../protocol/verify.ts";
import {
  verifyAcknowledgement,
  verifyCertificate,
  verifyRequest,
  verifySettledNotice,
} from "../protocol/verify_payee.ts";
import { amount, bytes, flag, isRecord, type Json, list, number, record, text } from "./json.ts";
import { asJson, notation } from "./spelling.ts";

/** The output of a vector's check. Throws Refused. */
export async function run(vector: Json): Promise<unknown> {
  const check = CHECKS[text(vector["check"])];
  if (check === undefined) throw new TypeError(`no such check: ${vector["check"]}`);
  return check(record(vector["input"]), record(vector["context"]));
}

export const DECODERS: Readonly<Record<string, (body: Octets) => unknown>> = {
  allowance: decodeAllowance,
  certificate: decodeCertificate,
  request: decodeRequest,
  cheque: decodeCheque,
  receipt: decodeReceipt,
  note: decodeNote,
  batch: decodeBatch,
  answer: decodeAnswer,
  settled_notice: decodeSettledNotice,
  fork_proof: decodeForkProof,
  key_set: decodeKeySet,
  trust_index: decodeIndex,
  status_list: decodeStatusList,
  trust_pack: (body) => {
    const pack = decodeTrustPack(body);
    return { ...pack, rootSignatures: pack.rootSignatures.map(({ keyId, signature }) => [keyId, signature]) };
  },
  credits: decodeCredits,
  claim: decodeClaim,
  payment: decodePayment,
  asking: decodeAsking,
  acknowledgement: decodeAcknowledgement,
  kind_shown: kindShown,
};

type Check = (given: Json, context: Json) => Promise<unknown>;

export const CHECKS: Readonly<Record<string, Check>> = {
  async cbor(given) {
    return { value: notation(cbor.decode(bytes(given["bytes"]), number(given["max_bytes"]))) };
  },
  async decode(given) {
    const decoder = DECODERS[text(given["message"])];
    if (decoder === undefined) throw new TypeError(`no such message: ${given["message"]}`);
    return { message: asJson(await decoder(bytes(given["bytes"]))) };
  },
  async statement(given, context) {
    const key = await loadPublicKey(bytes(given["key"]));
    const envelope = cose.openEnvelope(bytes(given["bytes"]), text(given["bytes"]).length);
    const kind = text(given["kind"]);
    const code = `${given["signer"]}_signature_invalid`;
    if (!Object.hasOwn(cose.KINDS, kind) || !isRefusalCode(code)) throw new TypeError("no such kind or signer");
    const aad = cbor.encode([kind, 1n, text(context["deployment"]), bytes(given["binding"])]);
    const prefix = new Uint8Array([...PREFIX_START, ...cbor.encode(aad)]);
    return { id: toHex(await cose.verify(envelope, prefix, key, code)), payload: toHex(envelope.payload) };
  },
  async frames(given) {
    return { body: toHex(await join(list(given["frames"]).map(bytes))) };
  },
  async qr_text(given) {
    return { body: toHex(decodeText(text(given["text"]))) };
  },
  async verify_payment(given, context) {
    const trust = await trustOf(context);
    const found = await verifyPayment(decodePayment(bytes(given["bytes"])), {
      asked: await askedOf(context, trust.deployment),
      receiver: PayeeId.of(bytes(context["receiver"])),
      now: number(context["now"]),
      knowledge: trust,
      cache: new AllowanceCache(),
      remembered: rememberedOf(context),
    });
    const credits = found.credits.map(({ chequeId, amountMinor }) => ({ chequeId, amountMinor }));
    credits.sort((one, other) => (toHex(one.chequeId) < toHex(other.chequeId) ? -1 : 1));
    const { chequeId, finalMinor, guaranteedMinor, warn } = found;
    const { allowanceId } = found.allowance;
    return asJson({ allowanceId, chequeId, form: found.cheque.form, finalMinor, guaranteedMinor, warn, credits });
  },
  async verify_request(given, context) {
    const knowledge = await trustOf(context);
    const found = await verifyRequest(decodeAsking(bytes(given["bytes"])), {
      currency: text(context["currency"]),
      now: number(context["now"]),
      knowledge,
      known: await knownOf(context, knowledge),
    });
    const amountMinor = askedMinor(found.terms);
    const proved = { proved_name: found.certificate?.terms.payeeName ?? null };
    return { ...record(asJson({ requestHash: found.requestHash, amountMinor })), ...proved };
  },
  async verify_acknowledgement(given, context) {
    const knowledge = await trustOf(context);
    const shown = decodeAcknowledgement(bytes(given["bytes"]));
    const { statement, certificate } = await verifyAcknowledgement(shown, {
      chequeId: StatementId.of(bytes(context["cheque_id"])),
      asked: context["request_hash"] === null ? undefined : RequestHash.of(bytes(context["request_hash"])),
      amountMinor: amount(context["amount_minor"]),
      payeeId: context["payee_id"] === null ? undefined : PayeeId.of(bytes(context["payee_id"])),
      now: number(context["now"]),
      knowledge,
      known: await knownOf(context, knowledge),
      skewS: number(context["skew_s"]),
    });
    const { kind, terms } = statement;
    return { statement: kind, terms: asJson(terms), certificate_id: toHex(certificate.certificateId) };
  },
  async verify_settled_notice(given, context) {
    const trust = await trustOf(context);
    const notice = decodeSettledNotice(bytes(given["bytes"]));
    const { terms, payload } = decodeRequest(bytes(context["request"]));
    await verifySettledNotice(notice, { terms, requestHash: await requestHash(payload, trust.deployment) }, trust);
    return asJson({ finalMinor: notice.finalMinor, currency: notice.currency });
  },
  async trust(given, context) {
    const trust = await trustOf({ ...context, packs: given["packs"] });
    const now = number(context["now"]);
    const guarantee: Record<string, unknown> = {};
    for (const { currency } of trust.keySet.policies) {
      const { capMinor, acceptCapMinor, oneWayCapMinor, warn } = trust.guarantee(currency, now);
      guarantee[currency] = asJson({ capMinor, acceptCapMinor, oneWayCapMinor, warn });
    }
    const lookups = given["lookups"] === undefined ? [] : list(given["lookups"]).map(record);
    return {
      key_set_version: trust.keySet.version,
      index_version: trust.index.version,
      list_age_s: trust.listAgeS(now) ?? null,
      guarantee,
      statuses: lookups.map((at) => trust.status(KeyId.of(bytes(at["issuer_key_id"])), number(at["index"]))),
    };
  },
  async fork_proof(given, context) {
    return asJson(await verifyForkProof(decodeForkProof(bytes(given["bytes"])), await trustOf(context)));
  },
  async chain(given) {
    const [one, other] = list(given["links"]).map(linkOfJson);
    if (one === undefined || other === undefined) throw new TypeError("two links were expected");
    return { contradiction: contradiction(one, other) ?? null };
  },
};

/** `["Signature1", h'A10126', …`: spelt out here once more, so that a vector does not lean on what it tries. */
const PREFIX_START = fromHex("846a5369676e61747572653143a10126");

const believed = new Map<string, Promise<Trust>>();

/** What the vector's verifier believes; kept, because most vectors hold the same pack and the state is a value. */
export function trustOf(context: Json): Promise<Trust> {
  const { deployment, root, packs } = context;
  const name = JSON.stringify([deployment, root, packs]);
  const held = believed.get(name) ?? trustAfter(rootOf(context), list(packs).map(bytes));
  believed.set(name, held);
  return held;
}

function rootOf(context: Json): TrustRoot {
  const root = record(context["root"]);
  return {
    deployment: text(context["deployment"]),
    roots: list(root["keys"]).map(bytes),
    threshold: number(root["threshold"]),
  };
}

async function trustAfter(root: TrustRoot, packs: readonly Octets[]): Promise<Trust> {
  const [first, ...later] = packs;
  if (first === undefined) throw new TypeError("no pack");
  let trust = await firstTrust(root, first);
  for (const pack of later) trust = await advance(trust, pack);
  return trust;
}

async function askedOf(context: Json, deployment: string): Promise<Answering | Taking> {
  if (isRecord(context["due"])) {
    const { due_minor: due, currency, latest } = context["due"];
    return { kind: "taking", dueMinor: amount(due), currency: text(currency), latest: number(latest) };
  }
  const { terms, payload } = decodeRequest(bytes(context["request"]));
  const final = context["final_minor"] === undefined ? {} : { finalMinor: amount(context["final_minor"]) };
  return { kind: "answering", terms, requestHash: await requestHash(payload, deployment), ...final };
}

function rememberedOf(context: Json): Remembered {
  const links = context["links"] === undefined ? [] : list(context["links"]).map(linkOfJson);
  if (context["answered_by"] === undefined) return { links };
  return { links, answeredBy: StatementId.of(bytes(context["answered_by"])) };
}

function linkOfJson(content: unknown): Link {
  const link = record(content);
  return {
    chequeId: StatementId.of(bytes(link["cheque_id"])),
    counter: number(link["counter"]),
    amountMinor: amount(link["amount_minor"]),
    cumulativeMinor: amount(link["cumulative_minor"]),
    previous: bytes(link["previous"]),
    closing: flag(link["closing"]),
  };
}

async function knownOf(context: Json, trust: Trust): Promise<VerifiedCertificate | undefined> {
  if (context["known"] === undefined) return undefined;
  const known = record(context["known"]);
  const certificate = decodeCertificate(bytes(known["certificate"]));
  return verifyCertificate(certificate, trust, { now: number(known["verified_at"]), skewS: 0 });
}

function isRefusalCode(text: string): text is RefusalCode {
  return Object.hasOwn(REFUSAL_WORDS.in("en"), text);
}
