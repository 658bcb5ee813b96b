/** What can be done for payers and payees: enrol, a new code, money, a lost device. Each asks once and says what happens. */

import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { money, parseAmount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { Switch } from "../../ui/switch.tsx";
import { say } from "../../ui/words.ts";
import { type Kind, newKey } from "../operator.ts";
import { Confirm } from "../parts/confirm.tsx";
import type { EnrolmentCode, Suspended } from "../reading/holders.ts";
import { ACTS_ON, HOLDERS } from "../words_pages.ts";
import { IDENTITY_KINDS, named } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { Select, when } from "./show.tsx";

const NAME_CHARS_MAX = 64;
const REFERENCE_CHARS_MAX = 128;
const IDENTITIES = ["none", "in_person", "document", "eid", "employer"] as const;

interface Given {
  readonly onClose: () => void;
  /** What was shown is older now. */
  readonly onDone: () => void;
}

/** A code is told once: it stays on the screen until it is put away. */
function CodeTold({ code, onClose }: { code: EnrolmentCode; onClose: () => void }) {
  return (
    <Dialog title={say(ACTS_ON.codeTitle)} onClose={onClose} testid="code-told">
      <p class="secret" data-testid="enrolment-code">
        {code.code}
      </p>
      {code.pin === null ? null : (
        <>
          <p>{say(ACTS_ON.pinTold)}</p>
          <p class="secret" data-testid="enrolment-pin">
            {code.pin}
          </p>
        </>
      )}
      <p>{say(ACTS_ON.codeOnce)}</p>
      <p class="muted">{say(ACTS_ON.codeUntil, { time: when(code.expiresAt) })}</p>
      <Button onClick={onClose} testid="code-done">
        {say(ACTS_ON.done)}
      </Button>
    </Dialog>
  );
}

export function EnrolHolder({ kind, onClose, onDone }: { kind: Kind } & Given) {
  const { operator } = useConsole();
  const [key] = useState(newKey);
  const [name, setName] = useState("");
  const [how, setHow] = useState<(typeof IDENTITIES)[number]>("none");
  const [reference, setReference] = useState("");
  const [withPin, setWithPin] = useState(false);
  const [code, told] = useState<EnrolmentCode | null>(null);
  if (code !== null) return <CodeTold code={code} onClose={onClose} />;
  const payer = kind === "payer";
  return (
    <Confirm
      title={say(payer ? ACTS_ON.newPayer : ACTS_ON.newPayee)}
      happens={[say(payer ? ACTS_ON.newPayerHappens : ACTS_ON.newPayeeHappens)]}
      button={say(ACTS_ON.enrol)}
      act={async () => {
        const identity = how === "none" ? null : { kind: how, reference: reference.trim() };
        told(await operator.enrol(kind, key, name.trim(), payer ? { identity, withPin } : null));
        onDone();
      }}
      onClose={onClose}
      ready={name.trim() !== ""}
      testid="enrol"
    >
      <Field
        label={say(HOLDERS.name)}
        hint={say(ACTS_ON.nameHint)}
        value={name}
        onInput={setName}
        maxLength={NAME_CHARS_MAX}
        testid="enrol-name"
      />
      {payer ? (
        <>
          <Select
            label={say(ACTS_ON.identity)}
            chosen={how}
            choices={IDENTITIES.map((value) => ({
              value,
              label: value === "none" ? say(HOLDERS.notIdentified) : named(IDENTITY_KINDS, value),
            }))}
            onChoose={setHow}
            testid="enrol-identity"
          />
          {how === "none" ? null : (
            <Field
              label={say(ACTS_ON.reference)}
              hint={say(ACTS_ON.referenceHint)}
              value={reference}
              onInput={setReference}
              maxLength={REFERENCE_CHARS_MAX}
              testid="enrol-reference"
            />
          )}
          <WithPin on={withPin} onChange={setWithPin} />
        </>
      ) : null}
    </Confirm>
  );
}

function WithPin({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  return (
    <Switch
      label={say(ACTS_ON.withPin)}
      hint={say(ACTS_ON.withPinHint)}
      on={on}
      onChange={onChange}
      testid="enrol-with-pin"
    />
  );
}

export function NewCode({ kind, id, onClose }: { kind: Kind; id: string; onClose: () => void }) {
  const { operator } = useConsole();
  const [key] = useState(newKey);
  const [withPin, setWithPin] = useState(false);
  const [code, told] = useState<EnrolmentCode | null>(null);
  if (code !== null) return <CodeTold code={code} onClose={onClose} />;
  return (
    <Confirm
      title={say(ACTS_ON.newCode)}
      happens={[say(kind === "payer" ? ACTS_ON.payerCodeHappens : ACTS_ON.payeeCodeHappens)]}
      button={say(ACTS_ON.makeCode)}
      act={async () => told(await operator.newCode(kind, key, id, withPin))}
      onClose={onClose}
      testid="new-code"
    >
      {kind === "payer" ? <WithPin on={withPin} onChange={setWithPin} /> : null}
    </Confirm>
  );
}

interface FundGiven extends Given {
  readonly title: string;
  readonly happens: string;
  readonly currency: string;
  /** What there is then. */
  readonly fund: (key: string, amountMinor: bigint) => Promise<bigint>;
}

/** Money in: the key stays the same while this question stands, so that it counts once however often it is sent. */
export function Fund({ title, happens, currency, fund, onClose, onDone }: FundGiven) {
  const [key] = useState(newKey);
  const [typed, type] = useState("");
  const [added, add] = useState<{ readonly minor: bigint; readonly now: bigint } | null>(null);
  const amount = parseAmount(typed);
  if (added !== null)
    return (
      <Dialog title={title} onClose={onClose} testid="funded">
        <Notice
          tone="good"
          title={say(ACTS_ON.funded, { amount: money(added.minor, currency) })}
          safe={say(ACTS_ON.fundedNow, { amount: money(added.now, currency) })}
          live="status"
        />
        <Button onClick={onClose} testid="funded-done">
          {say(ACTS_ON.done)}
        </Button>
      </Dialog>
    );
  return (
    <Confirm
      title={title}
      happens={[happens]}
      button={amount === null ? title : `${title}: ${money(amount, currency)}`}
      act={async () => {
        if (amount === null) return;
        add({ minor: amount, now: await fund(key, amount) });
        onDone();
      }}
      onClose={onClose}
      ready={amount !== null}
      testid="fund"
    >
      <Field
        label={say(ACTS_ON.amount)}
        kind="decimal"
        suffix={currency}
        value={typed}
        onInput={type}
        wrong={typed.trim() !== "" && amount === null ? say(ACTS_ON.amountWrong) : null}
        testid="fund-amount"
      />
    </Confirm>
  );
}

export function FundPayer({ id, currency, onClose, onDone }: { id: string; currency: string } & Given) {
  const { operator } = useConsole();
  return (
    <Fund
      title={say(ACTS_ON.fund)}
      happens={say(ACTS_ON.fundHappens)}
      currency={currency}
      fund={(key, amountMinor) => operator.fundPayer(key, id, amountMinor, currency)}
      onClose={onClose}
      onDone={onDone}
    />
  );
}

/** At risk, by currency: amounts of different currencies are never added. */
export function atRisk(suspended: readonly Suspended[]): readonly string[] {
  const sums = new Map<string, bigint>();
  for (const { currency, atRiskMinor } of suspended) sums.set(currency, (sums.get(currency) ?? 0n) + atRiskMinor);
  return [...sums].map(([currency, minor]) => money(minor, currency));
}

export function Suspend({ payerId, onClose, onDone }: { payerId: string } & Given) {
  const { operator } = useConsole();
  const [suspended, tell] = useState<readonly Suspended[] | null>(null);
  if (suspended !== null)
    return (
      <Dialog title={say(ACTS_ON.suspend)} onClose={onClose} testid="suspended">
        <Notice
          tone="good"
          title={
            suspended.length === 0 ? say(ACTS_ON.suspendedNone) : say(ACTS_ON.suspended, { count: suspended.length })
          }
          safe={suspended.length === 0 ? "" : say(ACTS_ON.suspendedRisk, { amount: atRisk(suspended).join(", ") })}
          live="status"
        />
        <Button onClick={onClose} testid="suspended-done">
          {say(ACTS_ON.done)}
        </Button>
      </Dialog>
    );
  return (
    <Confirm
      title={say(ACTS_ON.suspendTitle)}
      happens={[say(ACTS_ON.suspendHappens), say(ACTS_ON.suspendRisk), say(ACTS_ON.suspendNever)]}
      button={say(ACTS_ON.suspendYes)}
      danger
      act={async () => {
        tell(await operator.suspend(payerId));
        onDone();
      }}
      onClose={onClose}
      testid="suspend"
    />
  );
}
