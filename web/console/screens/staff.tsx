/** The staff: who may sign in, as what; adding, another role, a new sign-in, removal; and one's own account. */

import { useState } from "preact/hooks";
import { Badge } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Fact, Facts } from "../../ui/list.tsx";
import { Notice } from "../../ui/notice.tsx";
import { screenNow } from "../../ui/now.ts";
import { QrView } from "../../ui/qr_view.tsx";
import { Switch } from "../../ui/switch.tsx";
import { say } from "../../ui/words.ts";
import { Answered, useAsked } from "../parts/asked.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { RolePermissions, StaffLine, StaffSecret } from "../reading/records.ts";
import { PERMISSIONS, ROLES, type Role } from "../reading/session.ts";
import { SIGN_IN, W } from "../words.ts";
import { ACTS_ON, STAFF } from "../words_pages.ts";
import { useConsole } from "./context.ts";
import { Card, Part, When } from "./show.tsx";
import { PasswordForm } from "./sign_in.tsx";

const NAME = /^[a-z][a-z0-9._-]{1,31}$/u;

export function StaffPage() {
  const { operator, may, session } = useConsole();
  const asked = useAsked("staff", () => operator.staff());
  const roles = useAsked("roles", () => operator.roles());
  const [adding, add] = useState(false);
  const [changing, change] = useState<StaffLine | null>(null);
  const [removed, showRemoved] = useState(false);
  const columns: readonly Column<StaffLine>[] = [
    {
      id: "name",
      head: say(STAFF.name),
      narrow: "keep",
      cell: (one) => (
        <>
          <span class="strong">{one.staffId === session.staffId ? `${one.name} (${say(STAFF.you)})` : one.name}</span>
          <span class="cell-detail">{say(W.roles[one.role])}</span>
        </>
      ),
    },
    { id: "state", head: say(STAFF.state), narrow: "under", cell: (one) => <StaffState of={one} /> },
    { id: "last", head: say(STAFF.lastSignIn), narrow: "under", cell: (one) => <When at={one.lastSignInAt} /> },
    { id: "sessions", head: say(STAFF.sessions), narrow: "out", number: true, cell: (one) => one.sessions },
  ];
  const actions: Column<StaffLine> = {
    id: "actions",
    head: say(STAFF.actions),
    narrow: "keep",
    cell: (one) =>
      one.removedAt !== null || one.staffId === session.staffId ? null : (
        <button
          class="table-button"
          type="button"
          aria-label={say(STAFF.changeOf, { name: one.name })}
          onClick={() => change(one)}
          data-testid={`change-${one.name}`}
        >
          {say(STAFF.change)}
        </button>
      ),
  };
  return (
    <Page
      title={say(W.staff)}
      lead={say(STAFF.lead)}
      here="staff"
      testid="staff"
      actions={
        may("staff_change") ? (
          <Button icon="plus" onClick={() => add(true)} testid="add-staff">
            {say(STAFF.add)}
          </Button>
        ) : undefined
      }
    >
      <Answered asked={asked}>
        {(staff) => (
          <>
            <Table
              label={say(W.staff)}
              columns={may("staff_change") ? [...columns, actions] : columns}
              rows={staff.filter((one) => removed || one.removedAt === null)}
              rowId={(one) => one.staffId}
              empty={{ icon: "info", title: say(STAFF.lead) }}
              testid="staff-list"
            />
            {staff.some((one) => one.removedAt !== null) ? (
              <div class="card switch-card">
                <Switch label={say(STAFF.showRemoved)} on={removed} onChange={showRemoved} testid="show-removed" />
              </div>
            ) : null}
          </>
        )}
      </Answered>
      <Answered asked={roles}>{(table) => <RolesTable of={table} />}</Answered>
      {adding ? <AddStaff onClose={() => add(false)} onDone={asked.again} /> : null}
      {changing === null ? null : <ChangeStaff of={changing} onClose={() => change(null)} onDone={asked.again} />}
    </Page>
  );
}

function StaffState({ of }: { of: StaffLine }) {
  if (of.removedAt !== null) return <Badge tone="plain" icon="minus" words={say(STAFF.removed)} />;
  if (of.waitsUntil !== null && of.waitsUntil > screenNow())
    return <Badge tone="warn" icon="clock" words={say(STAFF.waits)} />;
  if (of.passwordChangeNeeded) return <Badge tone="info" icon="clock" words={say(STAFF.starting)} />;
  return <Badge tone="good" icon="check" words={say(STAFF.active)} />;
}

/** Permission by role: a tick in words for whoever does not see it. */
function RolesTable({ of }: { of: readonly RolePermissions[] }) {
  return (
    <Part title={say(STAFF.roles)}>
      <ul class="roles">
        {of.map(({ role, permissions }) => (
          <li key={role} class="card">
            <h3>{say(W.roles[role])}</h3>
            <ul class="may">
              {PERMISSIONS.filter((one) => permissions.has(one)).map((one) => (
                <li key={one}>
                  <Icon name="check" />
                  <span>{say(W.permissions[one])}</span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </Part>
  );
}

/** Told once: it stays on the screen until it is put away. */
function SecretTold({ secret, onClose }: { secret: StaffSecret; onClose: () => void }) {
  const { doors } = useConsole();
  return (
    <Dialog title={say(STAFF.secretTitle, { name: secret.name })} onClose={onClose} testid="secret-told">
      <Notice tone="warn" title={say(STAFF.secretLead)} next={say(STAFF.secretNext)} />
      <div>
        <p class="muted small">{say(STAFF.secretPassword)}</p>
        <p class="secret" data-testid="starting-password">
          {secret.password}
        </p>
      </div>
      <p class="muted small">{say(STAFF.secretScan)}</p>
      <div class="secret-code">
        <QrView texts={[secret.otpauthUri]} draw={doors.draw} label={say(STAFF.secretScan)} />
      </div>
      <details class="chart-table">
        <summary>{say(STAFF.secretUri)}</summary>
        <p class="code-block" data-testid="otpauth">
          {secret.otpauthUri}
        </p>
      </details>
      <Button onClick={onClose} testid="secret-done">
        {say(ACTS_ON.done)}
      </Button>
    </Dialog>
  );
}

interface Given {
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function RoleChoices({ chosen, onChoose, label }: { chosen: Role; onChoose: (role: Role) => void; label: string }) {
  return (
    <Choices<Role>
      label={label}
      look="segments"
      choices={ROLES.map((value) => ({ value, label: say(W.roles[value]) }))}
      chosen={chosen}
      onChoose={onChoose}
      testid="role"
    />
  );
}

function AddStaff({ onClose, onDone }: Given) {
  const { operator } = useConsole();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [secret, tell] = useState<StaffSecret | null>(null);
  if (secret !== null) return <SecretTold secret={secret} onClose={onClose} />;
  return (
    <Confirm
      title={say(STAFF.add)}
      happens={[say(STAFF.addHappens)]}
      button={say(STAFF.addYes)}
      act={async () => {
        tell(await operator.addStaff(name, role));
        onDone();
      }}
      onClose={onClose}
      ready={NAME.test(name)}
      testid="add"
    >
      <Field
        label={say(STAFF.name)}
        hint={say(STAFF.nameHint)}
        value={name}
        onInput={setName}
        wrong={name !== "" && !NAME.test(name) && name.length > 1 ? say(STAFF.nameWrong) : null}
        maxLength={32}
        testid="staff-name"
      />
      <RoleChoices label={say(STAFF.role)} chosen={role} onChoose={setRole} />
    </Confirm>
  );
}

type Change = "choose" | "role" | "reset" | "remove";

function ChangeStaff({ of, onClose, onDone }: { of: StaffLine } & Given) {
  const { operator } = useConsole();
  const [what, choose] = useState<Change>("choose");
  const [role, setRole] = useState<Role>(of.role);
  const [secret, tell] = useState<StaffSecret | null>(null);
  const { name } = of;
  if (secret !== null) return <SecretTold secret={secret} onClose={onClose} />;
  if (what === "role")
    return (
      <Confirm
        key="role"
        title={say(STAFF.roleAsk, { name, role: say(W.roles[role]) })}
        happens={[say(STAFF.roleHappens)]}
        button={say(STAFF.roleYes)}
        act={async () => {
          await operator.changeRole(of.staffId, role);
          onDone();
          onClose();
        }}
        onClose={onClose}
        testid="change-role"
      />
    );
  if (what === "reset")
    return (
      <Confirm
        key="reset"
        title={say(STAFF.resetAsk, { name })}
        happens={[say(STAFF.resetHappens)]}
        button={say(STAFF.resetYes)}
        danger
        act={async () => {
          tell(await operator.resetStaff(of.staffId));
          onDone();
        }}
        onClose={onClose}
        testid="reset-staff"
      />
    );
  if (what === "remove")
    return (
      <Confirm
        key="remove"
        title={say(STAFF.removeAsk, { name })}
        happens={[say(STAFF.removeHappens)]}
        button={say(STAFF.removeYes)}
        danger
        act={async () => {
          await operator.removeStaff(of.staffId);
          onDone();
          onClose();
        }}
        onClose={onClose}
        testid="remove-staff"
      />
    );
  return (
    <Dialog key="choose" title={say(STAFF.changeOf, { name })} onClose={onClose} testid="change-staff">
      <RoleChoices label={say(STAFF.newRole)} chosen={role} onChoose={setRole} />
      <Button disabled={role === of.role} onClick={() => choose("role")} testid="ask-role">
        {say(STAFF.roleYes)}
      </Button>
      <Button kind="second" onClick={() => choose("reset")} testid="ask-reset">
        {say(STAFF.reset)}
      </Button>
      <Button kind="danger" onClick={() => choose("remove")} testid="ask-remove">
        {say(STAFF.remove)}
      </Button>
    </Dialog>
  );
}

export function AccountPage() {
  const { session } = useConsole();
  const [changed, tell] = useState(false);
  return (
    <Page title={say(W.account)} here="account" testid="account">
      <div class="columns">
        <Card title={session.name}>
          <Facts>
            <Fact name={say(STAFF.yourRole)}>{say(W.roles[session.role])}</Fact>
          </Facts>
          <p class="muted small">{say(STAFF.yourMay)}</p>
          <ul class="may">
            {PERMISSIONS.filter((one) => session.permissions.has(one)).map((one) => (
              <li key={one}>
                <Icon name="check" />
                <span>{say(W.permissions[one])}</span>
              </li>
            ))}
          </ul>
        </Card>
        <Card title={say(STAFF.passwordCard)}>
          <div class="stack">
            {changed ? (
              <Notice
                tone="good"
                title={say(SIGN_IN.changed)}
                safe={say(SIGN_IN.changedSafe)}
                live="status"
                testid="password-changed"
              />
            ) : null}
            <PasswordForm onDone={() => tell(true)} />
          </div>
        </Card>
      </div>
    </Page>
  );
}
