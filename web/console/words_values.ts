/** Words for the operator's own terms: states, reasons, verdicts, kinds. What a newer operator adds is shown as it says it. */

import { REFUSAL_WORDS } from "../protocol/refusals.ts";
import { language, say, type Twin } from "../ui/words.ts";

type Names = Readonly<Record<string, Twin>>;

/** The words for a term, or the term itself. */
export function named(names: Names, term: string): string {
  const found = Object.hasOwn(names, term) ? names[term] : undefined;
  return found === undefined ? term.replaceAll("_", " ") : say(found);
}

export const ALLOWANCE_STATUS: Names = {
  good: ["Open", "有效"],
  suspended: ["Suspended", "已停用"],
  closed: ["Closed", "已关闭"],
  reserved: ["Being issued", "发放中"],
};

export const SUSPEND_REASONS: Names = {
  lost: ["reported lost", "已挂失"],
  fork: ["fork proved", "已证实分叉"],
  one_time_code_wrong: ["wrong one-time code", "动态验证码有误"],
  operator: ["by the operator", "由运营方停用"],
  closed: ["closed by the payer", "付款人已关闭"],
};

export const ALLOWANCE_FILTERS = {
  open: ["Open", "有效"],
  suspended: ["Suspended", "已停用"],
  forked: ["Forked", "分叉"],
  closed: ["Closed", "已关闭"],
} as const satisfies Names;

export const IDENTITY_KINDS: Names = {
  in_person: ["Seen in person", "当面核实"],
  document: ["By an identity document", "凭证件核实"],
  eid: ["By an electronic identity", "电子身份核实"],
  employer: ["By an employer or school", "由单位或学校核实"],
};

export const TIERS: Names = {
  software: ["Key in software", "密钥在软件中"],
  passkey: ["Key in a passkey", "密钥在通行密钥中"],
  tpm: ["Key in a TPM", "密钥在 TPM 芯片中"],
  card: ["Key on a card", "密钥在卡上"],
};

export const CHEQUE_STATES: Names = {
  settled: ["Settled", "已结算"],
  waiting: ["Waits for the deadline", "等待截止日"],
  given_back: ["Given back", "已退回"],
  refused: ["Refused", "已拒付"],
  borne: ["Paid by the operator", "由运营方承担"],
  forked: ["Contradicts another cheque", "与另一支票相矛盾"],
};

export const ENTRY_REASONS: Names = {
  funded: ["Money added", "注资"],
  pool_funded: ["Added to the pool", "担保池注资"],
  reserved: ["Set aside for an allowance", "划入额度"],
  honoured: ["Paid to a payee", "付给收款方"],
  window_closed: ["Returned after the deadline", "截止后退回"],
  credited: ["Credited", "入账"],
  charged_back: ["Refunded after a dispute", "争议退款"],
};

export const EVENT_KINDS: Names = {
  settled: ["Settled", "已结算"],
  waiting: ["Waits for the deadline", "等待截止日"],
  fork: ["Contradicts another cheque", "与另一支票相矛盾"],
  double_acceptance: ["Accepted twice", "重复受理"],
  second_cheque: ["Second cheque for one request", "同一请求的第二张支票"],
  given_back: ["Given back", "已退回"],
  shared: ["Shared with other payees", "与其他收款方分摊"],
  unpaid: ["Not paid", "未支付"],
  missing: ["No till has claimed it yet", "尚无终端请款"],
};

/** What became of a claim; the refused ones name the reason in the chart of refusals. */
export const VERDICTS: Names = {
  settled: ["Settled", "已结算"],
  contingent: ["Waits for the deadline", "等待截止日"],
  duplicate: ["Same claim again", "重复提交"],
  fork: ["Contradicts another cheque", "与另一支票相矛盾"],
  double_acceptance: ["One cheque accepted twice", "同一支票被受理两次"],
  second_cheque: ["Second cheque for one request", "同一请求的第二张支票"],
  payee_not_named: ["Made out to another payee", "收款方不符"],
  not_covered: ["More than the allowance covers", "超出额度"],
  unknown_allowance: ["Allowance not known", "额度不存在"],
  late: ["After the deadline", "已过截止日"],
  suspended: ["Allowance was suspended", "额度已停用"],
  out_of_policy: ["Against the policy", "不符合规则"],
  refused: ["Malformed or wrongly signed", "格式或签名有误"],
  noted: ["Noted", "已记录"],
};

/** Why a claim was refused: a verdict, or the code of the check that failed, in its own sentence. */
export function refusalName(reason: string): string {
  const found = Object.entries(REFUSAL_WORDS.in(language())).find(([code]) => code === reason);
  return found === undefined || Object.hasOwn(VERDICTS, reason) ? named(VERDICTS, reason) : found[1].message;
}

export const FORK_REASONS: Names = {
  same_counter: ["Two cheques with one number", "两张支票编号相同"],
  after_closing: ["A cheque after the closing one", "关闭之后又签支票"],
  broken_link: ["A cheque that follows none before", "支票未衔接前一张"],
  cumulative_gap: ["The total leaves a gap", "累计金额不连续"],
  cumulative_falls: ["The total falls", "累计金额减少"],
};

export const DISPUTE_STATES: Names = {
  opened: ["Waits for the other side's answer", "等待对方答复"],
  contested: ["Contested; the operator decides", "对方有异议，由运营方裁定"],
  unanswered: ["Not answered in time; the operator decides", "逾期未答复，由运营方裁定"],
  accepted: ["Accepted by the other side", "对方已接受"],
  refunded: ["Decided: refunded to the payer", "已裁定：退款给付款人"],
  upheld: ["Decided: the payment stands", "已裁定：维持原付款"],
  withdrawn: ["Withdrawn", "已撤回"],
  lapsed: ["Lapsed; the payment stands", "逾期未裁定，维持原付款"],
};

export const DISPUTE_REASONS: Names = {
  not_delivered: ["Not delivered", "未交付"],
  wrong_amount: ["Wrong amount", "金额不符"],
  not_me: ["Not paid by me", "非本人付款"],
  not_paid: ["Not paid", "未收到款"],
};

export const DISPUTE_ACTS: Names = {
  open: ["opened the dispute", "提出争议"],
  accept: ["accepted", "接受"],
  contest: ["contested", "提出异议"],
  withdraw: ["withdrew", "撤回"],
  refund: ["decided: refund", "裁定：退款"],
  uphold: ["decided: the payment stands", "裁定：维持原付款"],
  time_passed: ["the time passed", "期限已过"],
};

export const PARTIES: Names = {
  payer: ["Payer", "付款人"],
  payee: ["Payee", "收款方"],
  administrator: ["Operator", "运营方"],
  clock: ["Clock", "期限"],
};

export const LEAF_KINDS = {
  batch: ["Batch taken", "受理批次"],
  allowance: ["Allowance issued", "发放额度"],
  suspension: ["Allowance suspended", "停用额度"],
  window_closed: ["Window closed", "截止结清"],
  fork: ["Fork proved", "证实分叉"],
  list_published: ["List published", "发布名单"],
  key_change: ["Keys changed", "更换密钥"],
  entry: ["Ledger entry", "账本分录"],
  papers: ["Papers handed in", "提交凭证"],
  enrolment: ["Enrolment", "登记"],
  funding: ["Money in", "注资"],
  dispute: ["Dispute", "争议"],
  operator_action: ["Operator's act", "运营方操作"],
  access: ["Staff activity", "人员操作"],
} as const satisfies Names;

export const ACTS: Names = {
  sign_in: ["signed in", "登录"],
  sign_in_refused: ["was refused at sign-in", "登录被拒"],
  sign_out: ["signed out", "退出登录"],
  password_changed: ["changed the password", "更改密码"],
  "view:overview": ["looked at the overview", "查看总览"],
  "view:series": ["looked at the figures", "查看统计"],
  "view:payers": ["looked at the payers", "查看付款人列表"],
  "view:payer": ["looked at a payer", "查看付款人"],
  "view:payees": ["looked at the payees", "查看收款方列表"],
  "view:payee": ["looked at a payee", "查看收款方"],
  "view:devices": ["looked at the devices", "查看设备"],
  "view:terminals": ["looked at the terminals", "查看终端"],
  "view:allowances": ["looked at the allowances", "查看额度列表"],
  "view:allowance": ["looked at an allowance", "查看额度"],
  "view:exposure": ["looked at the exposure", "查看敞口"],
  "view:forks": ["looked at the forks", "查看分叉"],
  "view:fork_proof": ["downloaded a fork's proof", "下载分叉证据"],
  "view:locks": ["looked at locked wallets", "查看自行停止付款的钱包"],
  "view:wrong_codes": ["looked at wrong one-time codes", "查看错误的动态验证码"],
  "view:disputes": ["looked at the disputes", "查看争议列表"],
  "view:dispute": ["looked at a dispute", "查看争议"],
  "view:pool": ["looked at the guarantee pool", "查看担保池"],
  "view:keys": ["looked at the keys", "查看密钥"],
  "view:attestation_roots": ["looked at attestation roots", "查看证明根证书"],
  "view:audit": ["looked at the audit log", "查看审计日志"],
  "view:staff": ["looked at the staff", "查看人员"],
  suspend: ["suspended a payer's devices", "停用付款人的设备"],
  decide: ["decided a dispute", "裁定争议"],
  fund_payer: ["added money for a payer", "为付款人注资"],
  decide_lock: ["decided on a locked wallet", "决定钱包解锁"],
  fund_pool: ["added money to the pool", "为担保池注资"],
  new_payer: ["enrolled a payer", "登记付款人"],
  new_payee: ["enrolled a payee", "登记收款方"],
  payer_code: ["made a code for a payer", "生成付款人开通码"],
  payee_code: ["made a code for a payee", "生成收款方开通码"],
  add_authenticator: ["added an authenticator", "添加验证器"],
  confirm_authenticator: ["confirmed an authenticator", "确认验证器"],
  remove_authenticator: ["removed an authenticator", "移除验证器"],
  "revoke_terminal:stolen": ["revoked a stolen terminal", "吊销被盗的终端"],
  "revoke_terminal:lost": ["revoked a lost terminal", "吊销遗失的终端"],
  "revoke_terminal:ended": ["revoked a terminal no longer used", "吊销不再使用的终端"],
  add_attestation_root: ["added an attestation root", "添加证明根证书"],
  remove_attestation_root: ["removed an attestation root", "移除证明根证书"],
  staff_added: ["added somebody to the staff", "新增人员"],
  staff_role: ["changed somebody's role", "更改人员角色"],
  staff_reset: ["reset somebody's sign-in", "重置人员登录"],
  staff_removed: ["removed somebody from the staff", "移除人员"],
};

export const KEY_ROLES: Names = {
  issuer: ["Issuer: signs allowances and lists", "发行方：签署额度与名单"],
  acquirer: ["Acquirer: signs terminals and answers", "收单方：签署终端证书与答复"],
  online: ["Online: signs the index", "在线：签署索引"],
};
