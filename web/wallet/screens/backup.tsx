/** Backups: a file with history and receipts, made here or put back here. Nobody can pay with one, and it says so. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView } from "../../ui/amount.tsx";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { instant } from "../../ui/format.ts";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { screenNow } from "../../ui/now.ts";
import { Screen } from "../../ui/screen.tsx";
import { language, say } from "../../ui/words.ts";
import type { BackupView, PaymentView } from "../app.ts";
import { S } from "../seldom_words.ts";
import { useApp } from "./environment.tsx";
import { costMinor, payeeWords, paymentLook } from "./showing.ts";

const FILE_NAME = "feiqian.fqbackup";
const ADDRESS_LIFE_MS = 60_000;

export function Backup() {
  const app = useApp();
  const [restored, show] = useState<readonly PaymentView[]>([]);
  useEffect(() => {
    let shown = true;
    app.backups().then(
      (backups) => shown && show(backups.restored()),
      () => undefined, // whoever makes one or puts one back is told why that does not go
    );
    return () => {
      shown = false;
    };
  }, [app]);
  return (
    <Screen title={say(S.backup)} onBack={true} testid="backup">
      <p class="muted">{say(S.backupText)}</p>
      <Make />
      <PutBack onDone={show} />
      {restored.length === 0 ? null : <Restored payments={restored} />}
    </Screen>
  );
}

function Make() {
  const app = useApp();
  const act = useAct();
  const [words, setWords] = useState({ passphrase: "", again: "" });
  const [tried, setTried] = useState(false);
  const [done, setDone] = useState(false);
  const differ = words.passphrase !== words.again;
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    setDone(false);
    if (differ) return;
    act.run(async () => {
      save(await (await app.backups()).make(words.passphrase));
      setWords({ passphrase: "", again: "" });
      setTried(false);
      setDone(true);
    });
  };
  return (
    <form class="card stack" onSubmit={submit} noValidate>
      <h2>{say(S.backupMake)}</h2>
      <Field
        label={say(S.passphrase)}
        kind="password"
        autoComplete="new-password"
        hint={say(S.passphraseHint)}
        value={words.passphrase}
        onInput={(passphrase) => setWords({ ...words, passphrase })}
        testid="backup-passphrase"
      />
      <Field
        label={say(S.passphraseAgain)}
        kind="password"
        autoComplete="new-password"
        wrong={tried && differ ? say(S.passphrasesDiffer) : null}
        value={words.again}
        onInput={(again) => setWords({ ...words, again })}
        testid="backup-again"
      />
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {done ? (
        <Notice tone="good" title={say(S.backupMade)} safe={say(S.backupKeep)} live="status" testid="backup-done" />
      ) : null}
      <Button type="submit" busy={act.busy} testid="backup-make">
        {say(S.backupSave)}
      </Button>
    </form>
  );
}

function PutBack({ onDone }: { onDone: (restored: readonly PaymentView[]) => void }) {
  const app = useApp();
  const act = useAct();
  const chooser = useRef<HTMLInputElement>(null);
  const [file, choose] = useState<File | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const [tried, setTried] = useState(false);
  const [found, setFound] = useState<BackupView | null>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (file === null) return;
    act.run(async () => {
      const backups = await app.backups();
      setFound(await backups.putBack(new Uint8Array(await file.arrayBuffer()), passphrase));
      setPassphrase("");
      onDone(backups.restored());
    });
  };
  return (
    <form class="card stack" onSubmit={submit} noValidate>
      <h2>{say(S.backupPutBack)}</h2>
      <p class="muted small">{say(S.backupPutBackText)}</p>
      <input
        ref={chooser}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-label={say(S.backupChoose)}
        onChange={(event) => {
          choose(event.currentTarget.files?.[0] ?? null);
          event.currentTarget.value = ""; // the same file may be chosen again
        }}
        data-testid="backup-file"
      />
      <Button kind="second" onClick={() => chooser.current?.click()} testid="backup-choose">
        {say(S.backupChoose)}
      </Button>
      {file !== null ? (
        <p class="small" role="status">
          {file.name}
        </p>
      ) : tried ? (
        <p class="field-note" role="alert">
          {say(S.backupMissing)}
        </p>
      ) : null}
      <Field
        label={say(S.passphrase)}
        kind="password"
        autoComplete="current-password"
        value={passphrase}
        onInput={setPassphrase}
        testid="backup-open"
      />
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {found === null ? null : (
        <Notice
          tone="good"
          title={say(S.backupCame, { added: String(found.added), known: String(found.known) })}
          safe={say(S.backupLooked)}
          live="status"
        />
      )}
      <Button type="submit" kind="second" busy={act.busy} testid="backup-put-back">
        {say(S.backupPutBack)}
      </Button>
    </form>
  );
}

function Restored({ payments }: { payments: readonly PaymentView[] }) {
  const hidden = useApp().settings().hideAmounts;
  return (
    <section class="section" data-testid="backup-restored">
      <h2>{say(S.backupRestored)}</h2>
      <List>
        {payments.map((payment) => (
          <Row
            key={payment.number}
            icon={paymentLook(payment).icon}
            tone={paymentLook(payment).tone}
            title={<span class="two-lines">{payeeWords(payment)}</span>}
            detail={payment.words.title}
            end={<AmountView minor={costMinor(payment)} currency={payment.currency} hidden={hidden} />}
            endDetail={instant(payment.drawnAt, screenNow(), language())}
            quiet
            testid={`restored-${payment.number}`}
          />
        ))}
      </List>
    </section>
  );
}

/** Hands the file to the browser's downloads. */
function save(bytes: Uint8Array<ArrayBuffer>): void {
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = FILE_NAME;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), ADDRESS_LIFE_MS);
}
