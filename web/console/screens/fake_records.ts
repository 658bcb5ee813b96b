/** The audit log, the staff and the keys of the made-up operator. */

import { ago, bytes, DAY, HOUR, later } from "./fake_spelling.ts";

const LEAF_KINDS = ["batch", "access", "allowance", "dispute", "access", "fork", "list_published", "enrolment"];
export const leaves = Array.from({ length: 24 }, (_, number) => ({
  index: 1_482 - number,
  kind: LEAF_KINDS[number % LEAF_KINDS.length],
  at: ago(number * 47 + 5),
  subject: bytes(number, 16),
  leaf_hash: bytes(number + 3, 32),
}));

export const PROOF = `c2sp.org/tlog-proof@v1
index 1482
4wNfqUYnT3u1Zc0pH5w8S2aXkJr7bVd9yEhLQmGtUoI=
Pp1kqj0ZP0HqBv3mYcX7nR5tD2sWfUe8LgKaM4oJhVc=

feiqian-test/audit
1483
mD9yXbQ2eW7vKc1sRf5tHj8uLn0pZa3gTi6kVo4wYxE=

— feiqian-test/audit Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5
`;

const ACTS = ["view:payer", "view:payers", "sign_in", "decide", "sign_in_refused", "staff_added", "fund_pool"];
export const acts = Array.from({ length: 14 }, (_, number) => {
  const act = ACTS[number % ACTS.length] ?? "sign_in";
  const nobody = act === "sign_in_refused" || act === "staff_added";
  return {
    number: 940 - number,
    act_id: bytes(number, 16),
    at: ago(number * 130 + 20),
    staff_id: nobody ? null : bytes(number % 2),
    name: nobody ? null : number % 2 === 0 ? "lin.hua" : "omar",
    act,
    subject_hash: act.startsWith("sign_in") ? null : bytes(number, 32),
  };
});

const STAFF = [
  ["lin.hua", "admin", 0],
  ["omar", "support", 2],
  ["petra.k", "finance", 26],
  ["wang.wei", "auditor", null],
  ["gone", "risk", 90],
] as const;
export const staff = STAFF.map(([name, role, last], number) => ({
  staff_id: number === 0 ? "AAECAwQFBgc" : bytes(number),
  name,
  role,
  added_at: ago((90 - number) * DAY),
  removed_at: name === "gone" ? ago(3 * DAY) : null,
  last_sign_in_at: last === null ? null : ago(last * HOUR + 60),
  sessions: number < 2 ? 1 : 0,
  waits_until: name === "petra.k" ? later(40) : null,
  password_change_needed: name === "wang.wei",
}));

export const roles = Object.entries({
  viewer: ["numbers"],
  support: ["numbers", "holders", "disputes", "suspend"],
  risk: ["numbers", "exposure", "forks", "pool", "keys"],
  finance: ["numbers", "holders", "exposure", "disputes", "pool", "decide", "funding"],
}).map(([role, permissions]) => ({ role, permissions }));

const KEYS = ["issuer", "acquirer", "online"];
export const keys = {
  deployment: "feiqian-test",
  threshold: 2,
  roots: [bytes(1, 33), bytes(2, 33), bytes(3, 33)],
  key_set: {
    version: 4,
    issued_at: ago(60 * DAY),
    expires_at: later(61 * DAY),
    least_wire: 1,
    least_app: "0.1.0",
    keys: KEYS.map((role, number) => ({
      key_id: bytes(number + 20),
      role,
      not_before: ago(60 * DAY),
      not_after: later(305 * DAY),
      revoked_at: null,
    })).concat([
      { key_id: bytes(30), role: "issuer", not_before: ago(400 * DAY), not_after: ago(35 * DAY), revoked_at: null },
    ]),
    currencies: ["CNY", "EUR"],
  },
  index: { version: 812, issued_at: ago(1_260), list_version: 97, key_set_hash: bytes(4, 32) },
  pack_bytes: 4_812,
  log_key: "feiqian-test/audit+1f2a77c9+ATPkB2T0hJvb7gkq9mO3kLPiqrB6VbJ0rX1z7n8Yq2sE",
  witness_keys: ["witness.example+7d1f00aa+BCQ9u8kS0vV5hTj0mRr1xYzZk2b3c4d5e6f7g8h9i0jK"],
  data_key: { number: 2, begun_at: ago(20 * DAY) },
};
