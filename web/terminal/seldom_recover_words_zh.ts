/** What is said at a till whose PIN is lost, in Chinese; seldom_words.ts says what holds for both languages. */

import type { RecoverWords } from "./seldom_recover_words_en.ts";

export const zh: RecoverWords = {
  blockedTitle: "此终端已锁定",
  blockedHappened: "PIN 已连续输错十次，任何 PIN 都不能再打开此终端。",
  blockedSafe: "已受理的付款完好：加密保存在此，款项仍为您保留。",
  blockedNext: "运营方可以重新打开此终端，其中的内容都在。",
  ask: "请运营方协助",
  title: "重新打开此终端",
  lead: "运营方可以归还此终端的密钥。在该密钥打开终端的全部内容之前，不会有任何改动。",
  requestTitle: "1. 把此文件交给运营方",
  requestLead: "文件中是封存的终端密钥，只有运营方能打开。运营方会核实是谁在申请。",
  requestButton: "生成文件",
  requestMade: "文件已生成，它本身打不开任何东西。",
  save: "保存",
  answerTitle: "2. 导入运营方的答复",
  answerLead: "您会收到一份文件，以及经另一途径告知的恢复码。",
  answerChoose: "选择答复文件",
  answerChosen: (name) => `已选择：${name}`,
  answerMissing: "请选择运营方给您的文件。",
  code: "运营方告知的恢复码",
  codeHint: "由字母和数字组成，连字符可省略；只对应这一份答复。",
  codeMissing: "请输入与答复对应的恢复码。",
  open: "打开终端",
  openedTitle: "终端已重新打开",
  openedSafe: "待上传的内容都在：付款、凭证和本班次的合计。",
  openedNext: "此后使用新 PIN。请同步，待上传的付款才会结算到账。",
  toSync: "同步",
  toSell: "继续收款",
};
