/** The audit log with its proofs, what the staff did, and the keys that devices believe. */

import { useState } from "preact/hooks";
import { utf8 } from "../../protocol/octets.ts";
import { Badge } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { span } from "../../ui/format.ts";
import { Fact, Facts } from "../../ui/list.tsx";
import { screenNow } from "../../ui/now.ts";
import { language, say } from "../../ui/words.ts";
import { Answered, useAsked, usePages } from "../parts/asked.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { wholeId } from "../reading/ids.ts";
import type { Keys, Leaf, ProvedLeaf, StaffAct } from "../reading/records.ts";
import { W } from "../words.ts";
import { HOLDERS, TRUST } from "../words_pages.ts";
import { ACTS, KEY_ROLES, LEAF_KINDS, named } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { ListOf } from "./holders.tsx";
import { Card, Id, Part, Select, When } from "./show.tsx";

const KINDS = Object.entries(LEAF_KINDS);
const TLOG_PROOF = "text/plain; charset=utf-8";

export function AuditPage() {
  const { operator } = useConsole();
  const [kind, show] = useState("all");
  const [log, told] = useState<{ readonly size: number; readonly queued: number } | null>(null);
  const pages = usePages(`leaves ${kind}`, async (before) => {
    const found = await operator.leaves(kind === "all" ? null : kind, before);
    told(found);
    return found;
  });
  const columns: readonly Column<Leaf>[] = [
    {
      id: "entry",
      head: say(TRUST.entry),
      narrow: "keep",
      cell: (one) => (
        <>
          <span>{named(LEAF_KINDS, one.kind)}</span>
          <span class="cell-detail numbers">{one.index}</span>
        </>
      ),
    },
    { id: "when", head: say(TRUST.when), narrow: "keep", cell: (one) => <When at={one.at} /> },
    { id: "about", head: say(TRUST.about), narrow: "under", cell: (one) => <Id of={one.subject} /> },
    { id: "hash", head: say(TRUST.leafHash), narrow: "out", cell: (one) => <Id of={one.leafHash} /> },
  ];
  return (
    <Page title={say(W.audit)} lead={say(TRUST.auditLead)} here="audit" testid="audit">
      <div class="filters">
        <Select
          label={say(TRUST.kind)}
          chosen={kind}
          choices={[
            { value: "all", label: say(TRUST.allKinds) },
            ...KINDS.map(([value, words]) => ({ value, label: say(words) })),
          ]}
          onChoose={show}
          testid="leaf-kind"
        />
        {log === null ? null : (
          <p class="muted small" role="status" data-testid="log-size">
            {say(TRUST.size)}: {log.size} · {say(TRUST.queued)}: {log.queued}
          </p>
        )}
      </div>
      <ListOf
        pages={pages}
        searching={kind !== "all"}
        label={say(W.audit)}
        columns={columns}
        rowId={(one) => String(one.index)}
        to={(one) => `leaf/${one.index}`}
        testid="leaf-list"
      />
    </Page>
  );
}

export function LeafPage({ id }: { id: string }) {
  const { operator } = useConsole();
  const asked = useAsked(`leaf ${id}`, () => operator.leaf(id));
  return (
    <Page
      title={say(TRUST.leaf, { number: id })}
      lead={say(TRUST.leafLead)}
      here="audit"
      up={{ to: "audit", label: say(W.audit) }}
      testid="leaf"
    >
      <Answered asked={asked}>{(leaf) => <LeafShown of={leaf} />}</Answered>
    </Page>
  );
}

/** The entry that stands for one act of the staff. */
export function ActPage({ id }: { id: string }) {
  const { operator } = useConsole();
  const asked = useAsked(`act ${id}`, () => operator.leafOfAct(id));
  return (
    <Page
      title={asked.value === null ? say(W.acts) : say(TRUST.leaf, { number: asked.value.index })}
      lead={say(TRUST.leafLead)}
      here="acts"
      up={{ to: "acts", label: say(W.acts) }}
      testid="act"
    >
      <Answered asked={asked}>{(leaf) => <LeafShown of={leaf} />}</Answered>
    </Page>
  );
}

function LeafShown({ of }: { of: ProvedLeaf }) {
  const { doors } = useConsole();
  return (
    <>
      <Card title={named(LEAF_KINDS, of.kind)}>
        <Facts>
          <Fact name={say(TRUST.when)}>
            <When at={of.at} />
          </Fact>
          <Fact name={say(TRUST.subject)}>
            <Id of={of.subject} whole />
          </Fact>
          <Fact name={say(TRUST.leafHash)}>
            <Id of={of.leafHash} whole />
          </Fact>
        </Facts>
      </Card>
      <Card title={say(TRUST.proof)}>
        <div class="stack">
          <pre class="code-block" data-testid="leaf-proof">
            {of.proof}
          </pre>
          <div class="row-buttons">
            <Button
              onClick={() => doors.save(`leaf-${of.index}.tlog-proof`, TLOG_PROOF, utf8(of.proof))}
              testid="save-proof"
            >
              {say(TRUST.saveProof)}
            </Button>
            <Button
              kind="second"
              onClick={() => doors.save(`leaf-${of.index}.evidence`, "application/octet-stream", of.evidence)}
              testid="save-evidence"
            >
              {say(TRUST.saveEvidence)}
            </Button>
          </div>
        </div>
      </Card>
    </>
  );
}

/** Who did something: a name; the command line, which has none; or somebody who tried a name that does not exist. */
export function actorOf({ staffId, name, act }: Pick<StaffAct, "staffId" | "name" | "act">): string {
  if (name !== null) return name;
  if (staffId !== null) return wholeId(staffId);
  return say(act === "sign_in_refused" ? TRUST.nobody : TRUST.home);
}

export function ActsPage() {
  const { operator, may } = useConsole();
  const [staff, show] = useState("all");
  const people = useAsked("staff", async () => (may("staff") ? operator.staff() : []));
  const pages = usePages(`acts ${staff}`, (before) => operator.acts(staff === "all" ? null : staff, before));
  const columns: readonly Column<StaffAct>[] = [
    {
      id: "who",
      head: say(TRUST.who),
      narrow: "keep",
      cell: (one) => (
        <>
          <span>{actorOf(one)}</span>
          <span class="cell-detail">{named(ACTS, one.act)}</span>
        </>
      ),
    },
    { id: "when", head: say(TRUST.when), narrow: "keep", cell: (one) => <When at={one.at} /> },
    {
      id: "about",
      head: say(TRUST.about),
      narrow: "out",
      cell: (one) => (one.subjectHash === null ? "–" : <Id of={one.subjectHash} />),
    },
  ];
  return (
    <Page title={say(W.acts)} lead={say(TRUST.actsLead)} here="acts" testid="acts">
      <div class="filters">
        {people.value === null || people.value.length === 0 ? null : (
          <Select
            label={say(TRUST.who)}
            chosen={staff}
            choices={[
              { value: "all", label: say(TRUST.everybody) },
              ...people.value.map(({ staffId, name }) => ({ value: staffId, label: name })),
            ]}
            onChoose={show}
            testid="acts-of"
          />
        )}
      </div>
      <ListOf
        pages={pages}
        searching={false}
        label={say(W.acts)}
        columns={columns}
        rowId={(one) => String(one.number)}
        to={(one) => `act/${one.actId}`}
        testid="act-list"
      />
    </Page>
  );
}

export function KeysPage() {
  const { operator } = useConsole();
  const asked = useAsked("keys", () => operator.keys());
  return (
    <Page title={say(W.keys)} lead={say(TRUST.keysLead)} here="keys" testid="keys">
      <Answered asked={asked}>{(keys) => <KeysShown of={keys} />}</Answered>
    </Page>
  );
}

type Key = Keys["keySet"]["keys"][number];

/** Whether a key counts now. */
export function keyState(key: Pick<Key, "notBefore" | "notAfter" | "revokedAt">, now: number) {
  if (key.revokedAt !== null) return "revoked";
  if (now < key.notBefore) return "notYet";
  return now > key.notAfter ? "expired" : "valid";
}

function KeyState({ of }: { of: Key }) {
  const state = keyState(of, screenNow());
  if (state === "valid") return <Badge tone="good" icon="check" words={say(TRUST.valid)} />;
  if (state === "notYet") return <Badge tone="info" icon="clock" words={say(TRUST.notYet)} />;
  return <Badge tone="bad" icon="bad" words={say(TRUST[state])} />;
}

function Expiry({ at }: { at: number }) {
  const left = at - screenNow();
  if (left <= 0) return <Badge tone="bad" icon="bad" words={say(TRUST.expired)} />;
  return (
    <>
      <When at={at} />
      <span class="cell-detail">{say(TRUST.expiresIn, { time: span(left, language()) })}</span>
    </>
  );
}

function KeysShown({ of }: { of: Keys }) {
  const { keySet, index } = of;
  const columns: readonly Column<Key>[] = [
    {
      id: "role",
      head: say(TRUST.role),
      narrow: "keep",
      cell: (one) => (
        <>
          <span>{named(KEY_ROLES, one.role)}</span>
          <span class="cell-detail">
            <Id of={one.keyId} />
          </span>
        </>
      ),
    },
    { id: "state", head: say(TRUST.state), narrow: "keep", cell: (one) => <KeyState of={one} /> },
    { id: "from", head: say(TRUST.from), narrow: "under", cell: (one) => <When at={one.notBefore} /> },
    { id: "to", head: say(TRUST.to), narrow: "under", cell: (one) => <When at={one.notAfter} /> },
  ];
  return (
    <>
      <div class="columns">
        <Card title={say(TRUST.keySet)}>
          <Facts>
            <Fact name={say(TRUST.deployment)}>{of.deployment}</Fact>
            <Fact name={say(TRUST.index)}>{keySet.version}</Fact>
            <Fact name={say(TRUST.issued)}>
              <When at={keySet.issuedAt} />
            </Fact>
            <Fact name={say(TRUST.expires)}>
              <Expiry at={keySet.expiresAt} />
            </Fact>
            <Fact name={say(TRUST.currencies)}>{keySet.currencies.join(", ")}</Fact>
            <Fact name={say(TRUST.leastApp)}>{keySet.leastApp === "" ? "–" : keySet.leastApp}</Fact>
            <Fact name={say(TRUST.leastWire)}>{keySet.leastWire}</Fact>
          </Facts>
        </Card>
        <Card title={say(TRUST.pack)}>
          {index === null ? (
            <p class="muted">{say(TRUST.noPack)}</p>
          ) : (
            <Facts>
              <Fact name={say(TRUST.index)}>{index.version}</Fact>
              <Fact name={say(TRUST.issued)}>
                <When at={index.issuedAt} />
              </Fact>
              <Fact name={say(TRUST.list)}>{index.listVersion}</Fact>
              <Fact name={say(TRUST.packSize)}>{of.packBytes === null ? "–" : `${of.packBytes} B`}</Fact>
            </Facts>
          )}
        </Card>
      </div>
      <Part title={say(TRUST.keysOf)}>
        <Table
          label={say(TRUST.keysOf)}
          columns={columns}
          rows={keySet.keys}
          rowId={(one) => one.keyId}
          empty={{ icon: "key", title: say(HOLDERS.nothing) }}
          testid="key-list"
        />
      </Part>
      <div class="columns">
        <Card title={say(TRUST.roots)}>
          <div class="stack-small">
            <p class="muted">{say(TRUST.threshold, { count: of.threshold, all: of.roots.length })}</p>
            {of.roots.map((root) => (
              <p key={root} class="code-block">
                {wholeId(root)}
              </p>
            ))}
          </div>
        </Card>
        <Card title={say(TRUST.log)}>
          <div class="stack-small">
            <p class="muted">{say(TRUST.logKey)}</p>
            <p class="code-block">{of.logKey}</p>
            <p class="muted">{say(TRUST.witnesses)}</p>
            {of.witnessKeys.length === 0 ? (
              <p>{say(TRUST.noWitness)}</p>
            ) : (
              of.witnessKeys.map((key) => (
                <p key={key} class="code-block">
                  {key}
                </p>
              ))
            )}
            <p class="muted">{say(TRUST.dataKey)}</p>
            <p>
              {of.dataKey === null ? (
                say(TRUST.noDataKey)
              ) : (
                <DataKey number={of.dataKey.number} at={of.dataKey.begunAt} />
              )}
            </p>
          </div>
        </Card>
      </div>
    </>
  );
}

function DataKey({ number, at }: { number: number; at: number }) {
  return <>{say(TRUST.dataKeyOf, { number, time: new Date(at * 1000).toISOString().slice(0, 10) })}</>;
}
