/** What makes a payer's one-time codes: one is added, confirmed by a code, removed; and all payments with a wrong one. */

import { useState } from "preact/hooks";
import { Badge } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { Fact, Facts } from "../../ui/list.tsx";
import { QrView } from "../../ui/qr_view.tsx";
import { say } from "../../ui/words.ts";
import { Answered, useAsked } from "../parts/asked.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { Authenticator, Authenticators, NewAuthenticator, WrongCode } from "../reading/codes.ts";
import { ACTS_ON, HOLDERS } from "../words_pages.ts";
import { CODE_FAULTS, CODE_KINDS, CODES } from "../words_trusted.ts";
import { named } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { Card, Id, When } from "./show.tsx";

const CODE = /^[0-9]{3}[ -]?[0-9]{3}$/;
const CODE_MAX = 7;

type Asking = "add" | "confirm" | "remove" | null;

interface Given {
  readonly payerId: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function PayerCodes({ payerId }: { payerId: string }) {
  const { operator, may } = useConsole();
  const asked = useAsked(`codes ${payerId}`, () => operator.authenticators(payerId));
  const [asking, ask] = useState<Asking>(null);
  const given = { payerId, onClose: () => ask(null), onDone: asked.again };
  return (
    <Card title={say(CODES.title)}>
      <Answered asked={asked}>
        {(found) => (
          <div class="stack-small">
            <Told of={found} />
            {may("codes") ? <Changes of={found.authenticators} ask={ask} /> : null}
          </div>
        )}
      </Answered>
      {asking === "add" ? <Add {...given} /> : null}
      {asking === "confirm" ? <ConfirmOne {...given} /> : null}
      {asking === "remove" ? <Remove {...given} /> : null}
    </Card>
  );
}

function Told({ of }: { of: Authenticators }) {
  if (of.authenticators.length === 0 && of.wrongCodes.length === 0) return <p class="muted">{say(CODES.none)}</p>;
  return (
    <Facts>
      {of.authenticators.map((one) => (
        <Fact key={one.authenticatorId} name={named(CODE_KINDS, one.kind)}>
          <State of={one} />
          <span class="cell-detail">
            {say(one.removedAt !== null ? CODES.removed : one.confirmedAt !== null ? CODES.confirmed : CODES.added)}{" "}
            <When at={one.removedAt ?? one.confirmedAt ?? one.addedAt} />
          </span>
        </Fact>
      ))}
      {of.wrongCodes.map((one) => (
        <Fact key={one.chequeId} name={named(CODE_FAULTS, one.fault)}>
          <Badge tone="warn" icon="warn" words={say(CODES.suspended)} />
          <span class="cell-detail">
            <a class="fact-link" href={`#/allowance/${one.ref}`}>
              <Id of={one.ref} />
            </a>{" "}
            <When at={one.foundAt} />
          </span>
        </Fact>
      ))}
    </Facts>
  );
}

function State({ of }: { of: Authenticator }) {
  if (of.removedAt !== null) return <Badge tone="plain" icon="minus" words={say(CODES.gone)} />;
  if (of.confirmedAt === null) return <Badge tone="info" icon="clock" words={say(CODES.waits)} />;
  return <Badge tone="good" icon="check" words={say(CODES.counts)} />;
}

function Changes({ of, ask }: { of: readonly Authenticator[]; ask: (asking: Asking) => void }) {
  const standing = of.some((one) => one.removedAt === null);
  return (
    <div class="row-buttons">
      <Button kind="second" onClick={() => ask("add")} testid="code-add">
        {say(CODES.add)}
      </Button>
      {standing ? (
        <>
          <Button kind="second" onClick={() => ask("confirm")} testid="code-confirm">
            {say(CODES.confirm)}
          </Button>
          <Button kind="quiet" onClick={() => ask("remove")} testid="code-remove">
            {say(CODES.remove)}
          </Button>
        </>
      ) : null}
    </div>
  );
}

function Add({ payerId, onClose, onDone }: Given) {
  const { operator } = useConsole();
  const [kind, setKind] = useState<"totp" | "hotp">("totp");
  const [made, tell] = useState<NewAuthenticator | null>(null);
  if (made !== null) return <SecretTold of={made} onClose={onClose} />;
  return (
    <Confirm
      title={say(CODES.add)}
      happens={[say(CODES.addHappens), say(CODES.addReplaces)]}
      button={say(CODES.addYes)}
      act={async () => {
        tell(await operator.addAuthenticator(payerId, kind));
        onDone();
      }}
      onClose={onClose}
      testid="add-code"
    >
      <Choices<"totp" | "hotp">
        label={say(CODES.kind)}
        look="segments"
        choices={(["totp", "hotp"] as const).map((value) => ({ value, label: named(CODE_KINDS, value) }))}
        chosen={kind}
        onChoose={setKind}
        testid="code-kind"
      />
    </Confirm>
  );
}

/** Told once: it stays on the screen until it is put away. */
function SecretTold({ of, onClose }: { of: NewAuthenticator; onClose: () => void }) {
  const { doors } = useConsole();
  return (
    <Dialog title={say(CODES.told)} onClose={onClose} testid="code-secret">
      <p>{say(CODES.toldLead)}</p>
      <div class="secret-code">
        <QrView texts={[of.otpauthUri]} draw={doors.draw} label={say(CODES.told)} />
      </div>
      <details class="chart-table">
        <summary>{say(CODES.toldText)}</summary>
        <p class="code-block" data-testid="code-secret-text">
          {of.secret}
        </p>
      </details>
      <Button onClick={onClose} testid="code-secret-done">
        {say(ACTS_ON.done)}
      </Button>
    </Dialog>
  );
}

function ConfirmOne({ payerId, onClose, onDone }: Given) {
  const { operator } = useConsole();
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const codes = [first, second].map((code) => code.trim()).filter((code) => code !== "");
  return (
    <Confirm
      title={say(CODES.confirm)}
      happens={[say(CODES.confirmHappens)]}
      button={say(CODES.confirmYes)}
      act={async () => {
        await operator.confirmAuthenticator(payerId, codes);
        onClose();
        onDone();
      }}
      onClose={onClose}
      ready={CODE.test(first.trim()) && codes.every((code) => CODE.test(code))}
      testid="confirm-code"
    >
      <Field
        label={say(CODES.code)}
        kind="decimal"
        value={first}
        onInput={setFirst}
        maxLength={CODE_MAX}
        testid="code-now"
      />
      <Field
        label={say(CODES.codeNext)}
        kind="decimal"
        value={second}
        onInput={setSecond}
        maxLength={CODE_MAX}
        testid="code-next"
      />
    </Confirm>
  );
}

function Remove({ payerId, onClose, onDone }: Given) {
  const { operator } = useConsole();
  return (
    <Confirm
      title={say(CODES.remove)}
      happens={[say(CODES.removeHappens)]}
      button={say(CODES.removeYes)}
      danger
      act={async () => {
        await operator.removeAuthenticator(payerId);
        onClose();
        onDone();
      }}
      onClose={onClose}
      testid="remove-code"
    />
  );
}

/** Of all payers. */
export function WrongCodesPage() {
  const { operator } = useConsole();
  const asked = useAsked("wrong codes", () => operator.wrongCodes());
  const columns: readonly Column<WrongCode>[] = [
    { id: "payer", head: say(HOLDERS.payer), narrow: "keep", cell: (one) => <Id of={one.payerId} /> },
    { id: "fault", head: say(CODES.fault), narrow: "keep", cell: (one) => named(CODE_FAULTS, one.fault) },
    { id: "allowance", head: say(HOLDERS.allowance), narrow: "under", cell: (one) => <Id of={one.ref} /> },
    { id: "device", head: say(HOLDERS.device), narrow: "out", cell: (one) => <Id of={one.deviceId} /> },
    { id: "found", head: say(CODES.found), narrow: "under", cell: (one) => <When at={one.foundAt} /> },
  ];
  return (
    <Page title={say(CODES.wrongTitle)} lead={say(CODES.wrongLead)} here="wrong-codes" testid="wrong-codes">
      <Answered asked={asked}>
        {(found) => (
          <Table
            label={say(CODES.wrongTitle)}
            columns={columns}
            rows={found.toReversed()}
            rowId={(one) => one.chequeId}
            to={(one) => `payer/${one.payerId}`}
            empty={{ icon: "shieldCheck", title: say(CODES.wrongNone) }}
            testid="wrong-code-list"
          />
        )}
      </Answered>
    </Page>
  );
}
