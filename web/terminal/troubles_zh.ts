/** What can go wrong at a till, in Chinese. troubles.ts says where they come from. */

import type { TerminalTroubles } from "./troubles_en.ts";

const UNTOUCHED = "没有受理，也没有任何改动。";

export const zh: TerminalTroubles = {
  not_enrolled: {
    message: "此终端尚未登记。",
    safe: UNTOUCHED,
    next: "请用运营方提供的开通码登记。",
  },
  already_enrolled: {
    message: "此终端已登记。",
    safe: "登记保持原样。",
    next: "如需重新登记，请先注销。",
  },
  enrolment_mismatch: {
    message: "运营方的应答与此终端不符（{why}）。",
    safe: "未保存其任何内容。",
    next: "请核对服务器地址，向运营方索取新的开通码后重试。",
  },
  not_allowed: {
    message: "运营方未授权此终端进行该操作（{what}）。",
    safe: UNTOUCHED,
    next: "请联系运营方开通。",
  },
  certificate_over: {
    message: "此终端的证书已失效。",
    safe: "此前受理的款项安全，仍可上传。",
    next: "请先同步，再向运营方索取新的开通码。",
  },
  unsigned_over_cap: {
    message: "未签名的收款请求最多 {cap}。",
    safe: UNTOUCHED,
    next: "请使用签名的收款请求。",
  },
  request_unknown: {
    message: "此终端没有该收款请求。",
    safe: UNTOUCHED,
    next: "请在记录中查看。",
  },
  one_way_code: {
    message: "这是一个付款码，并未答复任何收款请求。",
    safe: UNTOUCHED,
    next: "请改用“收付款码”，按应收金额收取。",
  },
  request_expired: {
    message: "读到付款时收款请求 {request} 已过期，或有时钟不准。",
    safe: "没有受理。付款人的设备在读到取消凭证之前仍将这笔金额计为已付。",
    next: "请取消该请求并向付款人出示凭证，然后重新收款。",
  },
  request_cancelled: {
    message: "该收款请求已取消，不会再受理。",
    safe: "付款人凭取消凭证收回款项。",
    next: "请向付款人出示取消凭证，并重新收款。",
  },
  request_already_paid: {
    message: "该收款请求已收到付款。",
    safe: "只计一次，没有重复收取。",
    next: "若付款人重复付款，请退还第二笔。",
  },
  outside_guarantee_code: {
    message: "付款码不受担保：可能在多处出示，而只兑付一次。",
    safe: UNTOUCHED,
    next: "请改用收款请求，或选择自担风险受理。",
  },
  outside_guarantee_credit: {
    message: "此笔付款依赖付款人从他人处收到的款项，因此不受担保。",
    safe: UNTOUCHED,
    next: "请付款人改用自己的额度，或选择自担风险受理。",
  },
  outside_guarantee_cap: {
    message: "金额超过单笔担保上限 {cap}。",
    safe: UNTOUCHED,
    next: "请分笔收取、改用其他方式，或自担风险受理。",
  },
  outside_guarantee_age: {
    message: "此终端久未同步，目前单笔担保仅 {cap}。",
    safe: UNTOUCHED,
    next: "有网络时请同步，或自担风险受理。",
  },
  payment_unknown: {
    message: "此终端没有该笔付款。",
    safe: UNTOUCHED,
    next: "请在记录中查看。",
  },
  void_too_much: {
    message: "该笔付款最多可退 {most}。",
    safe: UNTOUCHED,
    next: "请减小金额。",
  },
  void_less: {
    message: "该笔付款已退 {given}；退款凭证不能收回。",
    safe: "该凭证有效，只计一次。",
    next: "请填写合计应退金额，不少于 {given}。",
  },
  void_over_cap: {
    message: "此终端的凭证最多可退 {cap}。",
    safe: UNTOUCHED,
    next: "请另行付款退还，或联系运营方。",
  },
  void_too_late: {
    message: "撤销该笔付款为时已晚：现在出具的凭证可能在截止期之后才到达运营方。",
    safe: "付款仍然有效，没有退还任何款项。",
    next: "请以其他方式退还：现金，或另行付款。",
  },
  cancel_accepted: {
    message: "该收款请求已受理付款，不能取消。",
    safe: "付款仍然有效。",
    next: "请改为退还该笔付款。",
  },
  queue_waiting: {
    message: "有 {count} 笔已受理的付款或凭证尚未得到运营方答复。",
    safe: "它们已安全保存，终端保持登录。",
    next: "请先同步；没有网络时可导出为文件。",
  },
  queue_empty: {
    message: "没有待上传的内容。",
    safe: "全部已有答复。",
    next: "无需导出。",
  },
  answer_mismatch: {
    message: "运营方的应答与所上传内容不符（{why}）。",
    safe: "队列完整，会保留到收到正确应答。",
    next: "请再次同步；若持续如此，请告知运营方。",
  },
  update_needed: {
    message: "运营方告知了此版本无法识别的变更。",
    safe: "未采用其任何内容，也没有任何丢失：已有答复有效，更新后会再次告知。",
    next: "请更新应用，然后再次同步。",
  },
  statement_refused: {
    message: "运营方的对账内容有误（{why}）。",
    safe: "未采用其任何内容；此前的答复有效。",
    next: "请再次同步；若持续如此，请告知运营方。",
  },
  answer_changed: {
    message: "运营方对同一批次给出了不同的应答。",
    safe: "以首次应答为准；两者均为证据。",
    next: "请告知运营方：应答一经给出不得更改。",
  },
};
