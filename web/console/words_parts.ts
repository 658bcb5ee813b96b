/** What the console's own parts say: tables, charts, the frame. */

import type { Twin } from "../ui/words.ts";

export const PARTS = {
  asTable: ["Show as a table", "以表格显示"],
  sum: ["In the whole time shown", "所示时段合计"],
  readValues: ["Read the values: {title}", "读取数值：{title}"],
  shown: ["{count} shown, there are more", "已显示 {count} 条，还有更多"],
  shownAll: ["{count} in all", "共 {count} 条"],
  showMore: ["Show more", "显示更多"],
  menu: ["Menu", "菜单"],
  skip: ["Go to the content", "跳到内容"],
  signOut: ["Sign out", "退出登录"],
  refresh: ["Refresh", "刷新"],
  asOf: ["As of {time}", "截至 {time}"],
  loading: ["Asking the operator…", "正在向运营方查询……"],
  again: ["Try again", "重试"],
  never: ["never", "从未"],
} as const satisfies Readonly<Record<string, Twin>>;
