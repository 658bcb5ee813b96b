/** A request on the screen: its code, how much, as whom, and how long it may still be answered. */

import { AmountView } from "../../ui/amount.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useNow } from "../../ui/now.ts";
import { Countdown } from "../../ui/progress.tsx";
import { QrView } from "../../ui/qr_view.tsx";
import { go, goInstead } from "../../ui/router.ts";
import type { RequestView } from "../app.ts";
import { useTerminal } from "./context.ts";
import { Page } from "./page.tsx";

/** Seconds in which the request may still be answered. */
export function secondsLeft(asked: RequestView, now: number): number {
  return Math.max(0, Math.ceil(asked.expiresAt - now));
}

export function AskedScreen({ asked, onScan }: { asked: RequestView; onScan: () => void }) {
  const { app, words, doors } = useTerminal();
  const { payeeName, currency } = app.ready();
  const leftS = secondsLeft(asked, useNow());
  const over = leftS === 0;
  return (
    <Page title={words.requestTitle} testid="request" flow onBack={() => goInstead("")}>
      <div class="asked">
        <QrView
          texts={asked.qr}
          draw={doors.draw}
          label={words.requestTitle}
          covered={over ? words.requestOver : null}
          copies
        />
        <div class="asked-about">
          <div class="asked-words">
            <p class="muted small">{asked.isMaximum ? words.requestUpTo : words.requestFor}</p>
            <AmountView minor={asked.amountMinor} currency={currency} size="large" testid="asked-amount" />
            <p class="small asked-name">{words.requestAs(payeeName)}</p>
            {asked.reference === "" ? null : <p class="muted small">{asked.reference}</p>}
          </div>
          {over ? null : <Countdown leftS={leftS} wholeS={asked.expiresAt - asked.time} label={words.requestLeft} />}
        </div>
        {over ? <Notice tone="warn" title={words.requestOver} safe={words.requestOverDetail} live="status" /> : null}
        <div class="buttons asked-ways">
          <Button icon="scan" onClick={onScan} testid="scan">
            {words.requestScan}
          </Button>
          {over ? (
            <Button kind="second" onClick={() => goInstead("")} testid="ask-again">
              {words.requestAgain}
            </Button>
          ) : null}
          <Button kind="quiet" onClick={() => go(`cancel/${asked.hashHex}`)} testid="cancel">
            {words.requestCancel}
          </Button>
        </div>
      </div>
    </Page>
  );
}
