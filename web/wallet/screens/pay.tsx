/** Paying a request: whom and how much before consent, the cheque while it is shown, the receipt. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView } from "../../ui/amount.tsx";
import { Badge, Disc, GradeBadge } from "../../ui/badges.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { clock, instant, money } from "../../ui/format.ts";
import { Icon } from "../../ui/icons.tsx";
import { Fact, Facts } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { screenNow, useNow } from "../../ui/now.ts";
import { QrView } from "../../ui/qr_view.tsx";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { language, say } from "../../ui/words.ts";
import type { OfferView, PaymentView } from "../app.ts";
import { W } from "../words.ts";
import { AuthenticatorDialog, withCode } from "./authenticator.tsx";
import { useApp, useEnvironment, useHiddenPage } from "./environment.tsx";
import { type Holder, HolderDialog } from "./holder_dialog.tsx";
import { CodeShown } from "./later_code.ts";
import { adviceWords, costMinor, givenBackMinor, payeeWords } from "./showing.ts";

export function Offer({ offer }: { offer: OfferView }) {
  const app = useApp();
  const { pass } = useEnvironment();
  const act = useAct();
  const now = useNow();
  const [asking, ask] = useState(false);
  const [coding, askCode] = useState<Holder | null>(null);
  const leftS = offer.expiresAt - now;
  const again = offer.drawn !== null;
  const over = leftS <= 0 && !again;
  const amount = money(offer.amountMinor, offer.currency);
  const consent = say(offer.upTo ? W.payUpTo : W.payAmount, { amount });
  const pay = (holder: Holder, digits?: string) =>
    act.run(async () => {
      const shown = await withCode(holder, askCode, () => app.pay(offer.offerId, holder, digits));
      pass({ shown });
      goInstead("shown");
    });
  return (
    <Screen title={say(W.offerTitle)} onBack={() => goInstead("")} testid="offer">
      <section class="card offer">
        <p class="muted small">{say(W.payTo)}</p>
        <Payee name={offer.payeeName} proved={offer.payeeProved} />
        <p class="offer-amount">
          <AmountView
            minor={offer.amountMinor}
            currency={offer.currency}
            size="hero"
            testid="offer-amount"
            {...(offer.upTo ? { prefix: say(W.upToWord) } : {})}
          />
        </p>
        {offer.upTo ? <p class="muted small">{say(W.maximumText)}</p> : null}
        <Facts>
          {offer.reference === null ? null : <Fact name={say(W.reference)}>{offer.reference}</Fact>}
          {again || over ? null : <Fact name={say(W.answerWithin)}>{clock(leftS)}</Fact>}
        </Facts>
      </section>
      {offer.warnings.map((warning) => (
        <Notice key={warning} tone="warn" title={adviceWords(warning)} testid={`warning-${warning}`} />
      ))}
      {again ? (
        <Notice tone="info" title={say(W.drawnBefore)} safe={say(W.drawnBeforeSafe)} testid="drawn-before" />
      ) : null}
      {over ? (
        <Notice
          tone="bad"
          title={say(W.offerOver)}
          safe={say(W.scanSafe)}
          next={say(W.offerOverNext)}
          live="alert"
          testid="offer-over"
        />
      ) : null}
      {act.failure === null || asking || coding !== null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <div class="push buttons">
        {over ? null : (
          <Button
            busy={act.busy}
            onClick={() => (offer.holderCheckNeeded && !again ? ask(true) : pay("none"))}
            testid="consent"
          >
            {again ? say(W.showAgain) : consent}
          </Button>
        )}
        <ButtonLink to="" kind={over ? "main" : "quiet"} testid="decline">
          {say(over ? W.toHome : W.dontPay)}
        </ButtonLink>
        {over ? null : (
          <p class="offline-word">
            <Icon name="shieldCheck" />
            {say(W.offline)}
          </p>
        )}
      </div>
      {coding !== null ? (
        <AuthenticatorDialog
          button={consent}
          busy={act.busy}
          failure={act.failure}
          onDigits={(digits) => pay(coding, digits)}
          onClose={() => {
            askCode(null);
            ask(false);
            act.forget();
          }}
        />
      ) : null}
      {asking && coding === null ? (
        <HolderDialog
          amount={amount}
          button={consent}
          busy={act.busy}
          failure={act.failure}
          onHolder={(holder) => pay(holder)}
          onClose={() => {
            ask(false);
            act.forget();
          }}
        />
      ) : null}
    </Screen>
  );
}

function Payee({ name, proved }: { name: string | null; proved: boolean }) {
  return (
    <div class="payee">
      <p class="payee-name" data-testid="payee-name">
        {name ?? say(W.unknownPayee)}
      </p>
      {proved ? (
        <Badge tone="good" icon="shieldCheck" words={say(W.proved)} testid="payee-proved" />
      ) : (
        <Badge tone="warn" icon="warn" words={say(W.notProved)} testid="payee-not-proved" />
      )}
    </div>
  );
}

/** The signed cheque. A one-way code has a screen of its own: its time runs. */
export function Shown() {
  const { passing } = useEnvironment();
  const shown = passing.shown;
  if (shown === null) return null;
  return shown.payment.oneWay ? <CodeShown shown={shown} /> : <ChequeShown payment={shown.payment} qr={shown.qr} />;
}

function ChequeShown({ payment, qr }: { payment: PaymentView; qr: readonly string[] }) {
  const { draw } = useEnvironment();
  const hidden = useHiddenPage();
  return (
    <Screen title={say(W.shownTitle)} onBack={() => goInstead("")} testid="shown">
      <div class="shown-head">
        <AmountView
          minor={payment.amountMinor}
          currency={payment.currency}
          size="large"
          testid="shown-amount"
          {...(payment.upTo ? { prefix: say(W.upToWord) } : {})}
        />
        <p class="two-lines">{payeeWords(payment)}</p>
      </div>
      <QrView
        texts={qr}
        draw={draw}
        label={say(W.shownTitle)}
        covered={hidden ? say(W.coveredBackground) : null}
        copies
      />
      <p class="centred small muted">
        {say(W.shownMeaning)} {say(W.shownThen)}
      </p>
      <div class="push buttons">
        <ButtonLink to="scan-receipt" kind="main" icon="scan" testid="to-scan-receipt">
          {say(W.scanReceipt)}
        </ButtonLink>
        <Button kind="quiet" onClick={() => goInstead("")} testid="shown-later">
          {say(W.later)}
        </Button>
      </div>
    </Screen>
  );
}

export function Receipt() {
  const { passing } = useEnvironment();
  if (passing.receipt === null) return null;
  const { payment, words } = passing.receipt;
  const back = givenBackMinor(payment);
  const note = payment.state !== "accepted";
  return (
    <Screen title={say(W.receiptTitle)} quietTitle testid="receipt">
      <div class="outcome" role="status">
        <Disc tone={note ? "info" : "good"} icon={note ? "returned" : "shieldCheck"} />
        <p class="outcome-title">{words.title}</p>
        <AmountView
          minor={note ? back : costMinor(payment)}
          currency={payment.currency}
          size="hero"
          testid="receipt-amount"
        />
        <p class="muted">{words.detail}</p>
      </div>
      <section class="card">
        <Facts>
          <Fact name={say(W.payee)}>{payeeWords(payment)}</Fact>
          {payment.acknowledgedAt === null ? null : (
            <Fact name={say(W.time)}>{instant(payment.acknowledgedAt, screenNow(), language())}</Fact>
          )}
          {payment.reference === null ? null : <Fact name={say(W.reference)}>{payment.reference}</Fact>}
          {back > 0n ? (
            <>
              <Fact name={say(W.whole)}>{money(payment.amountMinor, payment.currency)}</Fact>
              <Fact name={say(W.givenBack)}>{money(back, payment.currency)}</Fact>
            </>
          ) : null}
          <Fact name={say(W.number)}>{payment.number}</Fact>
        </Facts>
      </section>
      {payment.grade === null ? null : (
        <p class="centred">
          <GradeBadge grade={payment.grade} words={payment.words.title} />
        </p>
      )}
      <div class="push buttons">
        <Button onClick={() => goInstead("")} testid="receipt-done">
          {say(W.done)}
        </Button>
        <ButtonLink to={`payment/${encodeURIComponent(payment.number)}`} kind="quiet">
          {say(W.toPayment)}
        </ButtonLink>
      </div>
    </Screen>
  );
}
