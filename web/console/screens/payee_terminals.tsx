/** A payee's terminals, and revoking one: what was accepted is paid, what it signs from then on does not count. */

import { useState } from "preact/hooks";
import { Badge } from "../../ui/badges.tsx";
import { Choices } from "../../ui/field.tsx";
import { Facts } from "../../ui/list.tsx";
import { say } from "../../ui/words.ts";
import { Confirm } from "../parts/confirm.tsx";
import type { Terminal } from "../reading/holders.ts";
import { shownId } from "../reading/ids.ts";
import { W } from "../words.ts";
import { HOLDERS } from "../words_pages.ts";
import { REVOKE_REASONS, REVOKING, type RevokeReason } from "../words_trusted.ts";
import { useConsole } from "./context.ts";
import { Card, Id, When } from "./show.tsx";

const REASONS: readonly RevokeReason[] = ["stolen", "lost", "ended"];

export function PayeeTerminals({ of, onDone }: { of: readonly Terminal[]; onDone: () => void }) {
  const { may } = useConsole();
  const [revoking, revoke] = useState<Terminal | null>(null);
  return (
    <Card title={say(W.terminals)}>
      {of.length === 0 ? (
        <p class="muted">{say(HOLDERS.noTerminals)}</p>
      ) : (
        <Facts>
          {of.map((one) => (
            <div key={one.terminalRef} class="fact">
              <dt>
                <Id of={one.terminalRef} />
                <span class="cell-detail">
                  {say(HOLDERS.enrolled)} <When at={one.enrolledAt} />
                </span>
              </dt>
              <dd>
                {one.revokedAt === null ? (
                  <>
                    <span class="cell-detail">{say(HOLDERS.lastBatch)}</span>
                    <When at={one.lastBatchAt} />
                    {may("suspend") ? (
                      <button
                        class="table-button"
                        type="button"
                        aria-label={say(REVOKING.revokeOf, { id: shownId(one.terminalRef) })}
                        onClick={() => revoke(one)}
                        data-testid="revoke-terminal"
                      >
                        {say(REVOKING.revoke)}
                      </button>
                    ) : null}
                  </>
                ) : (
                  <Revoked at={one.revokedAt} />
                )}
              </dd>
            </div>
          ))}
        </Facts>
      )}
      {revoking === null ? null : <Revoke of={revoking} onClose={() => revoke(null)} onDone={onDone} />}
    </Card>
  );
}

/** Since when a terminal's word does not count. */
export function Revoked({ at }: { at: number }) {
  return (
    <>
      <Badge tone="bad" icon="bad" words={say(REVOKING.revoked)} />
      <span class="cell-detail">
        {say(REVOKING.since)} <When at={at} />
      </span>
    </>
  );
}

function Revoke({ of, onClose, onDone }: { of: Terminal; onClose: () => void; onDone: () => void }) {
  const { operator } = useConsole();
  const [reason, setReason] = useState<RevokeReason | null>(null);
  return (
    <Confirm
      title={say(REVOKING.title)}
      happens={[say(REVOKING.accepted), say(REVOKING.signs), say(REVOKING.never)]}
      button={say(REVOKING.yes)}
      danger
      act={async () => {
        if (reason === null) return;
        await operator.revokeTerminal(of.terminalRef, reason);
        onClose();
        onDone();
      }}
      onClose={onClose}
      ready={reason !== null}
      testid="revoke"
    >
      <p>
        {say(HOLDERS.terminal)} <Id of={of.terminalRef} />
      </p>
      <Choices<RevokeReason>
        label={say(REVOKING.reason)}
        look="segments"
        choices={REASONS.map((value) => ({ value, label: say(REVOKE_REASONS[value]) }))}
        chosen={reason}
        onChoose={setReason}
        testid="revoke-reason"
      />
    </Confirm>
  );
}
