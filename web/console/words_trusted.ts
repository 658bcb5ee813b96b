/** Words of the console about one-time codes, attestation roots and revoked terminals. */

import type { Twin } from "../ui/words.ts";

export const CODES = {
  title: ["One-time codes", "动态验证码"],
  wrongTitle: ["Wrong one-time codes", "错误的动态验证码"],
  wrongLead: [
    "Payments whose code was wrong or used before. The payee was paid; the device's allowances are suspended.",
    "动态验证码错误或已用过的付款。收款方已收到款项；该设备的额度已停用。",
  ],
  wrongNone: ["No wrong code so far", "尚无错误的动态验证码"],
  none: ["This payer has no authenticator: payments need no code.", "此付款人没有验证器：付款无需动态验证码。"],
  added: ["Added", "添加于"],
  confirmed: ["Counts since", "生效于"],
  removed: ["Removed", "移除于"],
  waits: ["Waits for its first code", "等待首个验证码"],
  counts: ["Codes are asked for", "要求动态验证码"],
  gone: ["Removed", "已移除"],
  suspended: ["Suspended by a wrong code", "因验证码错误已停用"],
  add: ["Add an authenticator", "添加验证器"],
  addHappens: [
    "A new secret is made and shown once. It counts when a code of it was right.",
    "将生成新的密钥，仅显示一次。用其验证码确认后才生效。",
  ],
  addReplaces: ["One that was added and never confirmed is removed.", "此前添加但从未确认的验证器将被移除。"],
  kind: ["Kind", "类型"],
  addYes: ["Add", "添加"],
  told: ["The authenticator's secret, shown once", "验证器密钥（仅显示一次）"],
  toldLead: [
    "Let the payer scan it with an authenticator app on another device than the wallet.",
    "请付款人用钱包之外的另一台设备上的验证器应用扫描。",
  ],
  toldText: ["As text", "文本形式"],
  confirm: ["Confirm it by a code", "用验证码确认"],
  confirmHappens: [
    "From then on new allowances of this payer ask for codes. Two codes in a row bring back one that is far out of step.",
    "此后该付款人的新额度将要求动态验证码。若偏差较大，可连续输入两个验证码校准。",
  ],
  code: ["Code that it shows now", "当前显示的验证码"],
  codeNext: ["The next one, if the first is refused", "若被拒绝，再输入下一个"],
  confirmYes: ["Confirm", "确认"],
  remove: ["Remove it", "移除验证器"],
  removeHappens: [
    "New allowances of this payer ask for no codes. Those issued before do, until they end.",
    "该付款人此后的新额度不再要求动态验证码；此前发放的额度在到期前仍要求。",
  ],
  removeYes: ["Remove", "移除"],
  fault: ["Code", "验证码"],
  found: ["Found", "发现于"],
} as const satisfies Record<string, Twin>;

export const CODE_KINDS: Readonly<Record<string, Twin>> = {
  totp: ["By time", "按时间"],
  hotp: ["By a button", "按键"],
};

export const CODE_FAULTS: Readonly<Record<string, Twin>> = {
  wrong: ["Wrong", "错误"],
  reused: ["Used before", "已用过"],
};

export const ROOTS = {
  title: ["Attestation roots", "证明根证书"],
  lead: [
    "Makers whose word on where keys live is believed. Keys that they vouch for may have higher limits.",
    "受信任的厂商：相信其对密钥存放位置的证明。由其证明的密钥可获更高限额。",
  ],
  none: ["No maker is believed", "尚无受信任的厂商"],
  noneDetail: ["Every key counts as one in software.", "所有密钥均视为软件密钥。"],
  maker: ["Maker", "厂商"],
  tier: ["Keys", "密钥"],
  state: ["State", "状态"],
  believed: ["Believed", "受信任"],
  notBelieved: ["Not believed any more", "不再受信任"],
  added: ["Added", "添加"],
  removed: ["Removed", "移除"],
  byCommand: ["by command", "通过命令行"],
  add: ["Believe a maker", "添加厂商"],
  addHappens: [
    "Attestations under this root are believed from now on, for keys of this kind and no other.",
    "今后相信此根证书下的证明，仅限所选类型的密钥。",
  ],
  addSure: [
    "Compare the certificate with what the maker publishes: a wrong one lets software pass for hardware.",
    "请与厂商公布的证书核对：错误的证书会让软件密钥冒充硬件密钥。",
  ],
  addYes: ["Believe it", "信任"],
  pem: ["Root certificate (PEM)", "根证书（PEM）"],
  remove: ["Stop believing", "不再信任"],
  removeOf: ["Stop believing {maker}", "不再信任 {maker}"],
  removeHappens: [
    "No new allowance is issued on its word. Allowances that were issued stay what they are.",
    "今后不再据此发放新额度；已发放的额度不变。",
  ],
} as const satisfies Record<string, Twin>;

export const REVOKING = {
  revoke: ["Revoke", "吊销"],
  revokeOf: ["Revoke terminal {id}", "吊销终端 {id}"],
  title: ["Revoke this terminal?", "吊销此终端？"],
  accepted: ["What it accepted is still taken and paid.", "它此前受理的款项仍会收下并付款。"],
  signs: [
    "What it signs from now on does not count: wallets refuse it as soon as they have synced, and nothing that it gives back is taken.",
    "它今后的签名无效：钱包同步后即会拒绝，它退回的款项也不再受理。",
  ],
  never: [
    "This cannot be undone. The payee goes on with another terminal and a new code.",
    "此操作无法撤销。收款方可用新的开通码换一台终端。",
  ],
  reason: ["Why", "原因"],
  yes: ["Revoke it", "吊销"],
  revoked: ["Revoked", "已吊销"],
  since: ["Revoked since", "吊销起始"],
} as const satisfies Record<string, Twin>;

export const REVOKE_REASONS = {
  stolen: ["Stolen", "被盗"],
  lost: ["Lost", "遗失"],
  ended: ["No longer used", "不再使用"],
} as const satisfies Record<string, Twin>;
export type RevokeReason = keyof typeof REVOKE_REASONS;
