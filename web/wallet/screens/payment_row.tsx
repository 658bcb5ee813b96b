/** A payment in a list: whom, how much, when, and what became of it in words. */

import { AmountView } from "../../ui/amount.tsx";
import { time } from "../../ui/format.ts";
import { Row } from "../../ui/list.tsx";
import { language, say } from "../../ui/words.ts";
import type { PaymentView } from "../app.ts";
import { W } from "../words.ts";
import { costMinor, costPrefix, payeeWords, paymentLook } from "./showing.ts";

export function PaymentRow({ payment, hidden }: { payment: PaymentView; hidden: boolean }) {
  const look = paymentLook(payment);
  const prefix = costPrefix(payment);
  return (
    <Row
      icon={look.icon}
      tone={look.tone}
      title={
        <>
          <span class="two-lines">{payeeWords(payment)}</span>
          {payment.payeeName === null || payment.payeeProved ? null : (
            <span class="row-detail not-proved">{say(W.notProved)}</span>
          )}
        </>
      }
      detail={payment.words.title}
      end={
        <AmountView
          minor={costMinor(payment)}
          currency={payment.currency}
          hidden={hidden}
          {...(prefix === undefined ? {} : { prefix })}
        />
      }
      endDetail={time(payment.drawnAt, language())}
      to={`payment/${encodeURIComponent(payment.number)}`}
      quiet
      testid={`payment-${payment.number}`}
    />
  );
}
