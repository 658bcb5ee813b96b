/** Attestation roots: whose word on where keys live is believed, who decided that and when; adding one, removing one. */

import { useState } from "preact/hooks";
import { Badge } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { say } from "../../ui/words.ts";
import { Answered, useAsked } from "../parts/asked.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { ROOT_TIERS, type Root, type RootTier } from "../reading/roots.ts";
import { ROOTS } from "../words_trusted.ts";
import { named, TIERS } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { Id, When } from "./show.tsx";

const MAKER_CHARS_MAX = 64;
const PEM_LINES = 6;

export function RootsPage() {
  const { operator, may } = useConsole();
  const asked = useAsked("roots", () => operator.roots());
  const [adding, add] = useState(false);
  const [removing, remove] = useState<Root | null>(null);
  const columns: readonly Column<Root>[] = [
    {
      id: "maker",
      head: say(ROOTS.maker),
      narrow: "keep",
      cell: (one) => (
        <>
          <span class="strong">{one.maker}</span>
          <span class="cell-detail">
            <Id of={one.fingerprint} />
          </span>
        </>
      ),
    },
    { id: "tier", head: say(ROOTS.tier), narrow: "under", cell: (one) => named(TIERS, one.tier) },
    { id: "state", head: say(ROOTS.state), narrow: "under", cell: (one) => <State of={one} /> },
    { id: "added", head: say(ROOTS.added), narrow: "under", cell: (one) => <Done at={one.addedAt} by={one.addedBy} /> },
    {
      id: "removed",
      head: say(ROOTS.removed),
      narrow: "under",
      cell: (one) => (one.removedAt === null ? "–" : <Done at={one.removedAt} by={one.removedBy} />),
    },
  ];
  const actions: Column<Root> = {
    id: "actions",
    head: say(ROOTS.remove),
    narrow: "keep",
    cell: (one) =>
      one.removedAt !== null ? null : (
        <button
          class="table-button"
          type="button"
          aria-label={say(ROOTS.removeOf, { maker: one.maker })}
          onClick={() => remove(one)}
          data-testid="remove-root"
        >
          {say(ROOTS.remove)}
        </button>
      ),
  };
  return (
    <Page
      title={say(ROOTS.title)}
      lead={say(ROOTS.lead)}
      here="roots"
      testid="roots"
      actions={
        may("attestation") ? (
          <Button kind="second" icon="plus" onClick={() => add(true)} testid="add-root">
            {say(ROOTS.add)}
          </Button>
        ) : undefined
      }
    >
      <Answered asked={asked}>
        {(found) => (
          <Table
            label={say(ROOTS.title)}
            columns={may("attestation") ? [...columns, actions] : columns}
            rows={found}
            rowId={(one) => one.fingerprint}
            empty={{ icon: "key", title: say(ROOTS.none), detail: say(ROOTS.noneDetail) }}
            testid="root-list"
          />
        )}
      </Answered>
      {adding ? <AddRoot onClose={() => add(false)} onDone={asked.again} /> : null}
      {removing === null ? null : <RemoveRoot of={removing} onClose={() => remove(null)} onDone={asked.again} />}
    </Page>
  );
}

function State({ of }: { of: Root }) {
  return of.removedAt === null ? (
    <Badge tone="good" icon="check" words={say(ROOTS.believed)} />
  ) : (
    <Badge tone="plain" icon="minus" words={say(ROOTS.notBelieved)} />
  );
}

function Done({ at, by }: { at: number; by: string | null }) {
  return (
    <>
      <When at={at} />
      <span class="cell-detail">{by ?? say(ROOTS.byCommand)}</span>
    </>
  );
}

interface Given {
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function AddRoot({ onClose, onDone }: Given) {
  const { operator } = useConsole();
  const [maker, setMaker] = useState("");
  const [pem, setPem] = useState("");
  const [tier, setTier] = useState<RootTier | null>(null);
  return (
    <Confirm
      title={say(ROOTS.add)}
      happens={[say(ROOTS.addHappens), say(ROOTS.addSure)]}
      button={say(ROOTS.addYes)}
      act={async () => {
        if (tier === null) return;
        await operator.addRoot({ pem: pem.trim(), maker: maker.trim(), tier });
        onClose();
        onDone();
      }}
      onClose={onClose}
      ready={maker.trim() !== "" && pem.trim() !== "" && tier !== null}
      testid="root"
    >
      <Field
        label={say(ROOTS.maker)}
        value={maker}
        onInput={setMaker}
        maxLength={MAKER_CHARS_MAX}
        testid="root-maker"
      />
      <Choices<RootTier>
        label={say(ROOTS.tier)}
        look="rows"
        choices={ROOT_TIERS.map((value) => ({ value, label: named(TIERS, value) }))}
        chosen={tier}
        onChoose={setTier}
        testid="root-tier"
      />
      <Field label={say(ROOTS.pem)} value={pem} onInput={setPem} lines={PEM_LINES} testid="root-pem" />
    </Confirm>
  );
}

function RemoveRoot({ of, onClose, onDone }: { of: Root } & Given) {
  const { operator } = useConsole();
  return (
    <Confirm
      title={say(ROOTS.removeOf, { maker: of.maker })}
      happens={[say(ROOTS.removeHappens)]}
      button={say(ROOTS.remove)}
      danger
      act={async () => {
        await operator.removeRoot(of.fingerprint);
        onClose();
        onDone();
      }}
      onClose={onClose}
      testid="unroot"
    />
  );
}
