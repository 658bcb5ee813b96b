/**
 * Every component in every state on one page, to look at and to take pictures of. For development: no app carries it.
 *
 * `node build.ts FOLDER ui/gallery.html` builds it; tests/browser/test_gallery.py looks at it in both themes and languages.
 */

import "./seldom_icons.ts";
import "./tokens.css";
import "./base.css";
import "./parts.css";
import "./seldom.css";
import { type ComponentChildren, render } from "preact";
import { useState } from "preact/hooks";
import { drawQr } from "../platform/qr_draw.ts";
import { AmountView, TypedAmount } from "./amount.tsx";
import { AmountPad } from "./amount_pad.tsx";
import { type Grade, GradeBadge, type Status, StatusChip } from "./badges.tsx";
import { Button, RoundButton } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Choices, Field } from "./field.tsx";
import { LanguageSwitch } from "./language_switch.tsx";
import { Fact, Facts, List, Row } from "./list.tsx";
import { EmptyState, Notice } from "./notice.tsx";
import { PinPad } from "./pad.tsx";
import { Countdown } from "./progress.tsx";
import { QrView } from "./qr_view.tsx";
import { BottomNav, Screen } from "./screen.tsx";
import { type StepState, Steps } from "./steps.tsx";
import { UI_FILES } from "./ui_words.ts";
import { say, startLanguage, type Twin, useLanguage } from "./words.ts";

const CODE = "FQ1:ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".repeat(8);
const GRADES: readonly Grade[] = ["F0", "F1", "F2", "F3"];
const STATUSES: readonly Status[] = ["active", "needs_you", "done"];
const STEPS: readonly StepState[] = ["done", "running", "failed", "skipped", "waiting"];

const W = {
  title: ["Components", "组件"],
  amounts: ["Amounts", "金额"],
  grades: ["Grades and states", "等级与状态"],
  buttons: ["Buttons", "按钮"],
  notices: ["Notices", "提示"],
  fields: ["Fields", "输入"],
  lists: ["Lists", "列表"],
  progress: ["Progress", "进度"],
  pads: ["Pads", "键盘"],
  codes: ["Codes", "码"],
  pay: ["Pay", "付款"],
  later: ["Not now", "暂不"],
  erase: ["Erase this device", "清除此设备"],
  open: ["Open a dialog", "打开对话框"],
  happened: ["The request has run out.", "收款请求已过期。"],
  safe: ["Nothing was paid.", "没有付出任何款项。"],
  next: ["Ask the payee for a new one.", "请收款方重新出示。"],
  name: ["Shop", "商户"],
  shop: ["Café Blau", "蓝色咖啡馆（人民广场店）"],
  code: ["Enrolment code", "开通码"],
  wrong: ["This code has been used.", "此开通码已被使用。"],
  reason: ["What is the matter?", "哪里不对？"],
  sync: ["Sync", "同步"],
  empty: ["No payments yet", "还没有付款记录"],
} as const satisfies Readonly<Record<string, Twin>>;

function Part({ name, children }: { name: Twin; children: ComponentChildren }) {
  return (
    <section class="section">
      <h2>{say(name)}</h2>
      <div class="card stack">{children}</div>
    </section>
  );
}

function Gallery() {
  useLanguage();
  const [pin, setPin] = useState("739");
  const [typed, setTyped] = useState("12.5");
  const [reason, setReason] = useState<"one" | "two">("one");
  const [asking, ask] = useState(false);
  return (
    <Screen
      title={say(W.title)}
      onBack={() => undefined}
      actions={<RoundButton icon="lock" label={say(W.later)} onClick={() => undefined} />}
      nav={
        <BottomNav
          label={say(W.title)}
          here=""
          items={[
            { to: "", label: say(W.pay), icon: "home" },
            { to: "history", label: say(W.lists), icon: "history", count: 3, countLabel: "3" },
            { to: "more", label: say(W.sync), icon: "sync" },
          ]}
        />
      }
      testid="gallery"
    >
      <LanguageSwitch />
      <Part name={W.amounts}>
        <AmountView minor={123_450n} currency="EUR" size="hero" />
        <AmountView minor={9_007_199_254_740_991n} currency="CNY" size="large" />
        <AmountView minor={123_450n} currency="EUR" size="large" hidden />
        <AmountView minor={-1_250n} currency="EUR" />
      </Part>
      <Part name={W.grades}>
        {GRADES.map((grade) => (
          <GradeBadge key={grade} grade={grade} />
        ))}
        {STATUSES.map((status) => (
          <StatusChip key={status} status={status} />
        ))}
      </Part>
      <Part name={W.buttons}>
        <Button>{say(W.pay)}</Button>
        <Button busy>{say(W.pay)}</Button>
        <Button disabled>{say(W.pay)}</Button>
        <Button kind="second" onClick={() => ask(true)} testid="open-dialog">
          {say(W.open)}
        </Button>
        <Button kind="quiet">{say(W.later)}</Button>
        <Button kind="danger" icon="trash">
          {say(W.erase)}
        </Button>
      </Part>
      <Part name={W.notices}>
        {(["good", "info", "warn", "bad", "plain"] as const).map((tone) => (
          <Notice key={tone} tone={tone} title={say(W.happened)} safe={say(W.safe)} next={say(W.next)} />
        ))}
        <EmptyState icon="history" title={say(W.empty)} />
      </Part>
      <Part name={W.fields}>
        <Field label={say(W.name)} value={say(W.shop)} onInput={() => undefined} hint={say(W.next)} />
        <Field label={say(W.code)} value="ABCD-EFGH" onInput={() => undefined} wrong={say(W.wrong)} />
        <Choices
          label={say(W.reason)}
          look="rows"
          chosen={reason}
          onChoose={setReason}
          choices={[
            { value: "one", label: say(W.happened) },
            { value: "two", label: say(W.wrong), detail: say(W.safe) },
          ]}
        />
      </Part>
      <Part name={W.lists}>
        <List label={say(W.lists)}>
          <Row
            icon="store"
            title={say(W.shop)}
            detail="14:05"
            end={<AmountView minor={1_250n} currency="EUR" />}
            to="one"
          />
          <Row icon="clock" tone="warn" title={say(W.shop)} detail={<StatusChip status="needs_you" />} end="−999.00" />
        </List>
        <Facts>
          <Fact name={say(W.name)}>{say(W.shop)}</Fact>
          <Fact name={say(W.amounts)}>
            <AmountView minor={1_250n} currency="EUR" />
          </Fact>
        </Facts>
      </Part>
      <Part name={W.progress}>
        <Steps label={say(W.sync)} steps={STEPS.map((state) => ({ id: state, name: say(W.sync), state }))} />
        <Countdown leftS={45} wholeS={60} label={say(W.progress)} />
      </Part>
      <Part name={W.pads}>
        <PinPad pin={pin} onPin={setPin} />
        <TypedAmount typed={typed} currency="EUR" />
        <AmountPad typed={typed} onTyped={setTyped} />
      </Part>
      <Part name={W.codes}>
        <QrView texts={[CODE]} draw={drawQr} label={say(W.codes)} />
        <QrView texts={[CODE]} draw={drawQr} label={say(W.codes)} covered={say(W.happened)} />
      </Part>
      {asking ? (
        <Dialog title={say(W.erase)} onClose={() => ask(false)} testid="dialog">
          <p>{say(W.safe)}</p>
          <Button kind="danger" onClick={() => ask(false)}>
            {say(W.erase)}
          </Button>
        </Dialog>
      ) : null}
    </Screen>
  );
}

await startLanguage(UI_FILES);
const place = document.getElementById("app");
if (place !== null) render(<Gallery />, place);
