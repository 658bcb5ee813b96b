/** Wallets that have stopped paying by themselves: shown above the devices, where there are any, and decided on there. */

import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Fact, Facts } from "../../ui/list.tsx";
import { CodedNotice } from "../../ui/notice.tsx";
import { say } from "../../ui/words.ts";
import { useAsked } from "../parts/asked.tsx";
import type { Lock } from "../reading/locks.ts";
import { LOCK_REASONS, LOCKS } from "../words_locks.ts";
import { HOLDERS } from "../words_pages.ts";
import { named } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { Card, nameOf, When } from "./show.tsx";

export function LockedWallets() {
  const { operator } = useConsole();
  const asked = useAsked("locks", () => operator.locks());
  const locks = asked.value ?? [];
  if (asked.failure !== null) return <CodedNotice coded={asked.failure} live="alert" />;
  if (locks.length === 0) return null;
  return (
    <section class="stack" aria-label={say(LOCKS.title)} data-testid="locks">
      <h2>{say(LOCKS.title)}</h2>
      <p class="muted">{say(LOCKS.lead)}</p>
      <div class="columns">
        {locks.map((lock) => (
          <LockCard key={lock.lockId} lock={lock} onDone={asked.again} />
        ))}
      </div>
    </section>
  );
}

function LockCard({ lock, onDone }: { lock: Lock; onDone: () => void }) {
  const { operator, may } = useConsole();
  const act = useAct();
  const decide = (decision: "allowed" | "refused") =>
    act.run(async () => {
      await operator.decideLock(lock.lockId, decision);
      onDone();
    });
  const decided =
    lock.decision === "allowed" ? LOCKS.allowed : lock.decision === "refused" ? LOCKS.refused : LOCKS.waits;
  return (
    <Card title={named(LOCK_REASONS, lock.reason)}>
      <Facts>
        <Fact name={say(HOLDERS.payer)}>
          <a class="fact-link" href={`#/payer/${lock.payerId}`}>
            {nameOf(lock.payerName)}
          </a>
        </Fact>
        <Fact name={say(LOCKS.since)}>
          <When at={lock.lockedAt} />
        </Fact>
        <Fact name={say(LOCKS.decision)}>{say(decided)}</Fact>
      </Facts>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {lock.decision === null && may("suspend") ? (
        <div class="buttons">
          <Button kind="second" busy={act.busy} onClick={() => decide("allowed")} testid="lock-allow">
            {say(LOCKS.allow)}
          </Button>
          <Button kind="quiet" busy={act.busy} onClick={() => decide("refused")} testid="lock-refuse">
            {say(LOCKS.refuse)}
          </Button>
        </div>
      ) : null}
    </Card>
  );
}
