/** Disputes as the operator keeps them: what asks for an answer, one dispute with what was said, and the answer to it. */

import { useEffect, useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { StatusChip } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { instant, money } from "../../ui/format.ts";
import { Fact, Facts, List, Row } from "../../ui/list.tsx";
import { CodedNotice, EmptyState, Notice } from "../../ui/notice.tsx";
import type { DisputeStepView, DisputeView } from "../app.ts";
import type { DisputeWords } from "../seldom_dispute_words_en.ts";
import { useTerminal } from "./context.ts";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

const WORDS_MAX = 500;
const ID_IN_NAMES = 8;

/** A word of the table; one that only a newer operator knows is shown as it came. */
export function wordFor(table: Readonly<Record<string, string>>, code: string): string {
  return Object.hasOwn(table, code) ? (table[code] ?? code) : code;
}

function useWords(): DisputeWords {
  return useSeldom().words.cases;
}

/** What came of asking the operator; null while it has not answered. */
function useCases() {
  const { app } = useTerminal();
  const [cases, setCases] = useState<readonly DisputeView[] | null>(null);
  const act = useAct();
  const { run } = act;
  const ask = () => run(async () => setCases(await app.disputes()));
  useEffect(() => {
    run(async () => setCases(await app.disputes()));
  }, [app, run]);
  return { cases, ask, busy: act.busy, failure: act.failure };
}

/** The list, for the screen of problems and disputes. */
export function Cases() {
  const { app, language } = useTerminal();
  const words = useWords();
  const { cases, ask, busy, failure } = useCases();
  const { now } = app.ready();
  return (
    <section class="section" data-testid="cases">
      <h2>{words.casesTitle}</h2>
      {failure === null ? null : (
        <>
          <CodedNotice coded={failure} live="status" />
          <Button kind="second" icon="sync" busy={busy} onClick={ask} testid="cases-again">
            {words.casesAgain}
          </Button>
        </>
      )}
      {cases !== null || failure !== null ? null : (
        <p class="muted" role="status">
          {words.casesLoading}
        </p>
      )}
      {cases === null || cases.length > 0 ? null : <p class="muted">{words.casesNone}</p>}
      {cases === null || cases.length === 0 ? null : (
        <List label={words.casesTitle}>
          {cases.map((one) => (
            <Row
              key={one.idHex}
              title={wordFor(words.reasons, one.reason)}
              detail={
                <>
                  <StatusChip status={one.status} words={words.statuses[one.status]} />
                  {`${one.isOurs ? words.ours : words.theirs} · ${instant(one.openedAt, now, language)}`}
                </>
              }
              end={money(one.amountMinor, one.currency)}
              to={`case/${one.idHex}`}
              testid={`case-${one.idHex.slice(0, ID_IN_NAMES)}`}
            />
          ))}
        </List>
      )}
    </section>
  );
}

export function CaseScreen({ idHex }: { idHex: string }) {
  const words = useWords();
  const { cases, ask, busy, failure } = useCases();
  const [changed, setChanged] = useState<DisputeView | null>(null);
  const shown = changed ?? cases?.find((one) => one.idHex === idHex) ?? null;
  return (
    <Page title={words.caseTitle} testid="case" here="more" onBack>
      <div class="stack list-page">
        {shown !== null ? (
          <Case key={shown.state} shown={shown} said={changed !== null} onChanged={setChanged} />
        ) : null}
        {shown !== null || failure !== null ? null : cases === null ? (
          <p class="muted" role="status">
            {words.casesLoading}
          </p>
        ) : (
          <EmptyState icon="flag" title={words.caseGone} />
        )}
        {failure === null ? null : (
          <>
            <CodedNotice coded={failure} live="status" />
            <Button kind="second" icon="sync" busy={busy} onClick={ask} testid="cases-again">
              {words.casesAgain}
            </Button>
          </>
        )}
      </div>
    </Page>
  );
}

interface CaseGiven {
  readonly shown: DisputeView;
  /** It was changed by an act on this screen, whose outcome is said. */
  readonly said: boolean;
  readonly onChanged: (now: DisputeView) => void;
}

function Case({ shown, said, onChanged }: CaseGiven) {
  const { app, language } = useTerminal();
  const words = useWords();
  const { now } = app.ready();
  const outcome = said ? Object.entries(words.saved).find(([state]) => state === shown.state)?.[1] : undefined;
  return (
    <>
      {outcome === undefined ? null : <Notice tone="good" title={outcome} live="status" testid="case-saved" />}
      <section class="card stack-small">
        <p class="case-head">
          <StatusChip status={shown.status} words={words.statuses[shown.status]} />
          <span class="muted small">{shown.isOurs ? words.ours : words.theirs}</span>
        </p>
        <Facts>
          <Fact name={words.factState}>{stateWords(shown, words)}</Fact>
          <Fact name={words.factReason}>{wordFor(words.reasons, shown.reason)}</Fact>
          <Fact name={words.factAmount}>{money(shown.amountMinor, shown.currency)}</Fact>
          <Fact name={words.factReceipt}>{shown.receiptCounter ?? words.receiptElsewhere}</Fact>
          <Fact name={words.factOpened}>{instant(shown.openedAt, now, language)}</Fact>
          {shown.until === null ? null : <Fact name={words.factUntil}>{instant(shown.until, now, language)}</Fact>}
        </Facts>
        <p class="muted small">{movedWords(shown, words)}</p>
      </section>
      <section class="section">
        <h2>{words.history}</h2>
        <ol class="list">
          {shown.steps.map((step) => (
            <Step key={`${step.at} ${step.act}`} step={step} idHex={shown.idHex} />
          ))}
        </ol>
      </section>
      {shown.mayAnswer ? <Answer shown={shown} onChanged={onChanged} /> : null}
      {shown.mayWithdraw ? <Withdraw shown={shown} onChanged={onChanged} /> : null}
    </>
  );
}

/** Where it stands, as the payee sees it: what is open or was given in to by us is said so. */
export function stateWords({ state, isOurs }: DisputeView, words: DisputeWords): string {
  return wordFor(isOurs ? words.states : { ...words.states, ...words.statesOfTheirs }, state);
}

/** What has moved, and whose it was. */
export function movedWords({ movedMinor, currency }: DisputeView, words: DisputeWords): string {
  if (movedMinor === 0n) return words.movedNot;
  return movedMinor > 0n ? words.movedAway(money(movedMinor, currency)) : words.movedHere(money(-movedMinor, currency));
}

function Step({ step, idHex }: { step: DisputeStepView; idHex: string }) {
  const { app, doors, language } = useTerminal();
  const words = useWords();
  const { evidence } = step;
  const did = [wordFor(words.who, step.by), wordFor(words.acts, step.act)].filter((word) => word !== "").join(" ");
  return (
    <li class="row">
      <span class="row-text">
        <span class="row-title">{did}</span>
        {step.said === "" ? null : <span class="case-said">{step.said}</span>}
        <span class="row-detail">{instant(step.at, app.ready().now, language)}</span>
        {evidence === null ? null : (
          <Button
            kind="quiet"
            icon="up"
            onClick={() => doors.save(`evidence-${idHex.slice(0, ID_IN_NAMES)}-${step.by}.bin`, evidence)}
            testid="evidence"
          >
            {words.evidence}
          </Button>
        )}
      </span>
    </li>
  );
}

interface ActGiven {
  readonly shown: DisputeView;
  readonly onChanged: (now: DisputeView) => void;
}

function Answer({ shown, onChanged }: ActGiven) {
  const { app, language } = useTerminal();
  const words = useWords();
  const [said, setSaid] = useState("");
  const [asking, ask] = useState(false);
  const act = useAct();
  const answer = (accept: boolean) =>
    act.run(async () => onChanged(await app.answerDispute(shown.idHex, { accept, words: said.trim() })));
  return (
    <section class="section stack">
      <h2>{words.answerTitle}</h2>
      {shown.mayContest ? <p class="muted">{words.answerLead}</p> : null}
      {shown.acceptsAfter === null ? null : (
        <p class="muted small">{words.acceptsAfter(instant(shown.acceptsAfter, app.ready().now, language))}</p>
      )}
      <Field
        label={words.wordsLabel}
        hint={words.wordsHint}
        value={said}
        onInput={setSaid}
        lines={4}
        maxLength={WORDS_MAX}
        testid="case-words"
      />
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <div class="buttons">
        {shown.mayContest ? (
          <Button busy={act.busy} onClick={() => answer(false)} testid="contest">
            {words.contest}
          </Button>
        ) : null}
        <Button kind="second" disabled={act.busy} onClick={() => ask(true)} testid="accept-dispute">
          {words.accept}
        </Button>
      </div>
      {asking ? (
        <Dialog
          title={words.acceptSure(money(shown.amountMinor, shown.currency))}
          onClose={() => ask(false)}
          testid="accept-sure"
        >
          <p>{words.acceptSureText}</p>
          <Button
            kind="danger"
            onClick={() => {
              ask(false);
              answer(true);
            }}
            testid="accept-yes"
          >
            {words.acceptYes}
          </Button>
        </Dialog>
      ) : null}
    </section>
  );
}

function Withdraw({ shown, onChanged }: ActGiven) {
  const { app } = useTerminal();
  const words = useWords();
  const [asking, ask] = useState(false);
  const act = useAct();
  return (
    <>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <Button kind="second" busy={act.busy} onClick={() => ask(true)} testid="withdraw">
        {words.withdraw}
      </Button>
      {asking ? (
        <Dialog title={words.withdrawSure} onClose={() => ask(false)} testid="withdraw-sure">
          <p>{words.withdrawSureText}</p>
          <Button
            kind="danger"
            onClick={() => {
              ask(false);
              act.run(async () => onChanged(await app.withdrawDispute(shown.idHex, "")));
            }}
            testid="withdraw-yes"
          >
            {words.withdrawYes}
          </Button>
        </Dialog>
      ) : null}
    </>
  );
}
