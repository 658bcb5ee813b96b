/** The queue as files for a till that has no network, and the operator's answer from a file. */

import { useRef, useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

interface Made {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const KILO = 1024;

/** "47 kB": what a stick or a message has to carry. */
export function sizeWords(bytes: number): string {
  return bytes < KILO ? `${bytes} B` : `${Math.ceil(bytes / KILO)} kB`;
}

export function FilesScreen() {
  const { words } = useSeldom();
  return (
    <Page title={words.filesTitle} testid="files" here="more" onBack>
      <p class="muted">{words.filesLead}</p>
      <div class="detail">
        <Export />
        <TakeAnswer />
      </div>
    </Page>
  );
}

function Export() {
  const { app, words, doors } = useSeldom();
  const [made, setMade] = useState<readonly Made[] | null>(null);
  const act = useAct();
  return (
    <section class="card stack">
      <h2 class="card-title">{words.exportTitle}</h2>
      <p class="muted small">{words.exportLead}</p>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {made === null ? null : (
        <Notice
          tone={made.length === 0 ? "info" : "good"}
          title={made.length === 0 ? words.exportNothing : words.exportMade(String(made.length))}
          live="status"
          testid="export-made"
        />
      )}
      {made === null || made.length === 0 ? null : (
        <List>
          {made.map((file) => (
            <Row
              key={file.name}
              icon="up"
              title={<span class="file-name">{file.name}</span>}
              detail={
                <>
                  {sizeWords(file.bytes.length)} · <span class="file-save">{words.exportSave}</span>
                </>
              }
              onClick={() => doors.save(file.name, file.bytes)}
              testid="export-file"
            />
          ))}
        </List>
      )}
      <Button
        kind={made === null ? "main" : "second"}
        busy={act.busy}
        onClick={() => act.run(async () => setMade(await app.export()))}
        testid="export"
      >
        {words.exportButton}
      </Button>
    </section>
  );
}

function TakeAnswer() {
  const { app, words } = useSeldom();
  const [taken, setTaken] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const act = useAct();
  const take = (file: File | undefined) => {
    if (file === undefined) return;
    setTaken(false);
    act.run(async () => {
      await app.takeAnswer(new Uint8Array(await file.arrayBuffer()));
      setTaken(true);
    });
  };
  return (
    <section class="card stack">
      <h2 class="card-title">{words.answerTitle}</h2>
      <p class="muted small">{words.answerLead}</p>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {taken ? <Notice tone="good" title={words.answerTaken} live="status" testid="answer-taken" /> : null}
      <input
        ref={chooser}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-label={words.answerChoose}
        onChange={(event) => {
          take(event.currentTarget.files?.[0]);
          event.currentTarget.value = ""; // the same file may be chosen again
        }}
        data-testid="answer-file"
      />
      <Button kind="second" busy={act.busy} onClick={() => chooser.current?.click()} testid="answer-choose">
        {words.answerChoose}
      </Button>
    </section>
  );
}
