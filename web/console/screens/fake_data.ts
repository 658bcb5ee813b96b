/** A made-up day of an operator, as its JSON: busy with trouble of every kind, or the first one. */

import { acts, keys, leaves, PROOF, roles, staff } from "./fake_records.ts";
import { series } from "./fake_series.ts";
import { ago, bytes, DAY, HOUR, type Json, later } from "./fake_spelling.ts";
import { authenticators, roots, wrongCodes } from "./fake_trusted.ts";

const NAMES = ["Ana Duarte", "李明", "Jonas Weber", "王芳", "Marta Kowalska", "Olu Adeyemi", "陈静", "Sofia Rossi", ""];
const SHOPS = ["Café Blau", "蓝色咖啡馆（人民广场店）", "Kiosk am Markt", "Harbour Fish & Chips", "Bücher Nord"];

const payers = NAMES.map((name, number) => ({
  payer_id: bytes(number + 1),
  name,
  currency: "EUR",
  free_minor: 1_250_00 + number * 31_37,
  reserved_minor: number % 3 === 0 ? 0 : 200_00 + number * 1_00,
  devices: number % 3 === 2 ? 2 : 1,
}));

const payees = SHOPS.map((name, number) => ({
  payee_id: bytes(number + 40),
  name,
  currency: "EUR",
  balance_minor: 8_412_50 + number * 1_234_56,
  waiting_minor: number === 1 ? 50_00 : 0,
  terminals: number + 1,
}));

const devices = NAMES.slice(0, 7).map((name, number) => ({
  device_id: bytes(number + 80),
  payer_id: bytes(number + 1),
  payer_name: name,
  signed_in: number !== 4,
  bound_at: ago((number + 3) * DAY),
  open_allowances: number % 3 === 0 ? 0 : 1,
}));

const terminals = SHOPS.map((payee_name, number) => ({
  terminal_ref: bytes(number + 120),
  payee_id: bytes(number + 40),
  payee_name,
  enrolled_at: ago((number + 9) * DAY),
  last_batch_at: number === 4 ? null : ago(number * 2_400 + 120),
  revoked_at: number === 2 ? ago(DAY) : null,
}));

function allowance(number: number): Json {
  const forked = number === 2;
  const suspended = forked || number === 3;
  const closed = number === 5;
  return {
    ref: bytes(number + 160),
    payer_id: bytes(number + 1),
    device_id: bytes(number + 80),
    currency: "EUR",
    amount_minor: 200_00,
    reserved_minor: closed ? 0 : 200_00 - number * 12_50,
    claimed_minor: number * 12_50,
    returned_minor: closed ? 137_50 : 0,
    from_free_minor: forked ? 16_00 : 0,
    from_pool_minor: forked ? 20_00 : 0,
    from_loss_minor: 0,
    status: closed ? "closed" : suspended ? "suspended" : "good",
    reason: forked ? "fork" : suspended ? "lost" : "",
    forked,
    closed,
    issued_at: ago((number + 1) * DAY),
    expires_at: later((6 - number) * DAY),
    deadline: later((13 - number) * DAY),
  };
}

const allowances = [1, 2, 3, 4, 5].map(allowance);

/** The same in a payer's statement, which says less of it. */
function ofStatement(number: number): Json {
  const { payer_id, device_id, from_free_minor, from_pool_minor, from_loss_minor, reason, ...said } = allowance(number);
  return { ...said, waiting_minor: 50_00, complete: true };
}

const steps = [
  {
    at: ago(3 * DAY),
    by: "payer",
    act: "open",
    amount_minor: 48_00,
    words: "I paid for two books and got one. The shop says that it has none left.",
    evidence: bytes(7, 64),
  },
  {
    at: ago(2 * DAY),
    by: "payee",
    act: "contest",
    amount_minor: 0,
    words: "两本书都已寄出，附上物流凭证。\nBoth were sent; see the slip.",
    evidence: bytes(9, 96),
  },
];

const dispute = {
  dispute_id: bytes(5, 16),
  opener: "payer",
  reason: "not_delivered",
  cheque_id: bytes(77, 32),
  payer_id: bytes(1),
  payee_id: bytes(44),
  payee_name: "Bücher Nord",
  currency: "EUR",
  amount_minor: 48_00,
  moved_minor: 0,
  deadline: later(4 * DAY),
  state: "contested",
  status: "needs_you",
  opened_at: ago(3 * DAY),
  until: later(11 * DAY),
  steps,
};

const disputes = [
  dispute,
  {
    ...dispute,
    dispute_id: bytes(6, 16),
    reason: "wrong_amount",
    payee_name: "Café Blau",
    amount_minor: 7_20,
    state: "opened",
    status: "active",
    until: later(5 * DAY),
    steps: steps.slice(0, 1),
  },
];

const cheques = [
  ["settled", 12_50, 12_50, 0, "Café Blau"],
  ["waiting", 50_00, 0, 50_00, "蓝色咖啡馆（人民广场店）"],
  ["given_back", 8_00, 0, 0, "Kiosk am Markt"],
  ["forked", 36_00, 0, 36_00, null],
].map(([state, amount, paid, waits, payee_name], number) => ({
  cheque_id: bytes(number + 200, 32),
  ref: bytes(161),
  counter: number + 1,
  amount_minor: amount,
  paid_minor: paid,
  waiting_minor: waits,
  deadline: later(9 * DAY),
  state,
  payees: payee_name === null ? 2 : 1,
  code_wrong: false,
  payee_name,
}));

const overview = {
  at: ago(2),
  deployment: "feiqian-test",
  currency: "EUR",
  on_trial: true,
  payers: 1_284,
  payees: 96,
  devices: 1_301,
  terminals: 214,
  allowances_open: 742,
  staff: 4,
  money: [
    {
      currency: "EUR",
      reserved_minor: 148_400_00,
      from_free_minor: 16_00,
      from_pool_minor: 20_00,
      from_loss_minor: 0,
      waiting_minor: 1_284_50,
      pool_minor: 20_000_00,
      free_minor: 912_004_37,
      payees_minor: 2_481_332_15,
    },
    {
      currency: "CNY",
      reserved_minor: 12_000_00,
      from_free_minor: 0,
      from_pool_minor: 0,
      from_loss_minor: 0,
      waiting_minor: 0,
      pool_minor: 1_000_00,
      free_minor: 98_000_00,
      payees_minor: 41_020_00,
    },
  ],
  forks: 1,
  disputes_open: 2,
  disputes_to_decide: 1,
  batches_waiting: 3,
  batches_aside: 1,
  audit: { size: 1_483, queued: 2, newest_at: ago(3), cosigned_size: 1_400, witnesses: 1 },
  keys: {
    key_set_version: 4,
    key_set_expires_at: later(61 * DAY),
    index_version: 812,
    index_issued_at: ago(1_260),
    list_version: 97,
  },
  warnings: [
    {
      code: "key_set_expires_soon",
      message: "The key set expires in 61 days.",
      next: "Prepare a new one with the holders of the root keys: docs/operations/keys.md.",
    },
    { code: "disputes_wait", message: "1 dispute waits for a decision.", next: "Decide it on the page Disputes." },
  ],
};

const backing = (number: number) => ({
  payer_id: bytes(number + 1),
  next_deadline: later((13 - number) * DAY),
  currency: "EUR",
  allowances: 1,
  reserved_minor: 200_00 - number * 12_50,
  from_free_minor: number === 2 ? 16_00 : 0,
  from_pool_minor: number === 2 ? 20_00 : 0,
  from_loss_minor: 0,
});

function busy(): Record<string, Json> {
  return {
    overview,
    payers: { payers, next: "more" },
    "payers/one": {
      payer: {
        payer_id: bytes(2),
        name: "李明",
        currency: "EUR",
        free_minor: 1_281_37,
        reserved_minor: 187_50,
        allowances: [1, 2, 5].map(ofStatement),
        cheques,
        more: true,
        entries: [
          { at: ago(9 * DAY), reason: "funded", amount_minor: 1_500_00 },
          { at: ago(2 * DAY), reason: "reserved", amount_minor: -200_00 },
        ],
        missing: [],
        disputes: [],
      },
      holder: {
        identity: {
          kind: "document",
          reference: "ID 1101",
          checked_by: "lin",
          checked_at: ago(30 * DAY),
        },
        keys: [
          {
            key: bytes(33),
            device_id: bytes(31),
            tier: "card",
            format: "card",
            maker: "Example Cards",
            model: "CN=PIV 9C",
            identity: "c0ffee",
            attested_at: ago(2 * DAY),
            trusted: true,
          },
        ],
      },
      devices: devices.slice(0, 2),
      exposure: [backing(1)],
    },
    payees: { payees, next: null },
    "payees/one": {
      payee: {
        payee_id: bytes(41),
        name: "蓝色咖啡馆（人民广场店）",
        currency: "EUR",
        balance_minor: 9_647_06,
        waiting_minor: 50_00,
        waiting: [],
        events: ["settled", "waiting", "given_back"].map((kind, number) => ({
          number: 3 - number,
          at: ago(number * HOUR + 400),
          kind,
          cheque_id: bytes(number + 200, 32),
          paid_minor: kind === "settled" ? 12_50 : kind === "given_back" ? -8_00 : 0,
          waiting_minor: kind === "waiting" ? 50_00 : 0,
          stands_paid_minor: 12_50,
          stands_waiting_minor: 0,
          deadline: later(9 * DAY),
        })),
        disputes: [],
      },
      terminals: terminals.slice(1, 3),
    },
    devices: { devices, next: null },
    locks: { locks: [] },
    "payers/one/authenticators": authenticators,
    "wrong-codes": { wrong_codes: wrongCodes },
    "attestation-roots": { roots },
    terminals: { terminals, next: null },
    allowances: { allowances, next: null },
    "allowances/one": {
      allowance: allowance(2),
      claims: ["settled", "contingent", "fork"].map((verdict, number) => ({
        cheque_id: bytes(number + 200, 32),
        payee_id: bytes(number + 40),
        counter: number + 1,
        amount_minor: 12_50 + number * 20_00,
        paid_minor: verdict === "settled" ? 12_50 : 0,
        waiting_minor: verdict === "settled" ? 0 : 32_50,
        arrived_at: ago(number * HOUR + 300),
        verdict,
      })),
      more: false,
    },
    exposures: {
      payers: [1, 2, 3, 4].map(backing),
      next: null,
    },
    forks: {
      forks: [
        {
          ref: bytes(162),
          reason: "same_counter",
          found_at: ago(5 * HOUR),
          payer_id: bytes(3),
          device_id: bytes(82),
          currency: "EUR",
          amount_minor: 200_00,
          from_pool_minor: 20_00,
          from_loss_minor: 0,
        },
      ],
      next: null,
    },
    disputes: { disputes, more: false },
    "disputes/one": { dispute, refund_possible: true },
    pool: {
      pools: [
        {
          currency: "EUR",
          pool_minor: 20_000_00,
          loss_minor: 0,
          moves: [
            { at: ago(5 * HOUR), reason: "honoured", currency: "EUR", amount_minor: -20_00 },
            { at: ago(4 * DAY), reason: "pool_funded", currency: "EUR", amount_minor: 5_000_00 },
            { at: ago(31 * DAY), reason: "pool_funded", currency: "EUR", amount_minor: 15_020_00 },
          ],
        },
        { currency: "CNY", pool_minor: 1_000_00, loss_minor: 0, moves: [] },
      ],
    },
    "audit/leaves": { size: 1_483, queued: 2, leaves, next: 1_459 },
    "audit/leaf": { ...leaves[0], proof: PROOF, evidence: bytes(1, 120) },
    "audit/acts": { acts, next: 926 },
    keys,
    staff: { staff },
    roles: { roles },
    ...series("hour", 24),
  };
}

/** The first day: nobody is enrolled, nothing has happened. */
function empty(): Record<string, Json> {
  const none = { ...overview, warnings: [], money: [], batches_waiting: null, batches_aside: null };
  const still = (name: string): Json => ({ ...series("hour", 24)[name], currencies: [] });
  return {
    ...busy(),
    overview: { ...none, forks: 0, disputes_open: 0, disputes_to_decide: 0, payers: 0, payees: 0, devices: 0 },
    payers: { payers: [], next: null },
    payees: { payees: [], next: null },
    devices: { devices: [], next: null },
    locks: { locks: [] },
    "payers/one/authenticators": { authenticators: [], wrong_codes: [] },
    "wrong-codes": { wrong_codes: [] },
    "attestation-roots": { roots: [] },
    terminals: { terminals: [], next: null },
    allowances: { allowances: [], next: null },
    exposures: { payers: [], next: null },
    forks: { forks: [], next: null },
    disputes: { disputes: [], more: false },
    pool: { pools: [] },
    "audit/leaves": { size: 0, queued: 0, leaves: [], next: null },
    "audit/acts": { acts: [], next: null },
    keys: { ...keys, index: null, pack_bytes: null, witness_keys: [], data_key: null },
    "series/volume": still("series/volume"),
    "series/exposure": still("series/exposure"),
    "series/settling": { ...still("series/settling"), claims: 0, delays: [], refusals: [] },
  };
}

/** What the operator answers to each path. */
export function answersOf(day: "busy" | "empty"): Readonly<Record<string, Json>> {
  return day === "busy" ? busy() : empty();
}
