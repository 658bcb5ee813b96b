/** Who a payer is, as far as somebody checked, and where its keys live. */

import { Fact, Facts } from "../../ui/list.tsx";
import { say } from "../../ui/words.ts";
import type { Holder } from "../reading/holders.ts";
import { HOLDERS } from "../words_pages.ts";
import { IDENTITY_KINDS, named, TIERS } from "../words_values.ts";
import { Card, When } from "./show.tsx";

export function HolderKeys({ of }: { of: Holder }) {
  const { identity, keys } = of;
  return (
    <Card title={say(HOLDERS.identity)}>
      <Facts>
        <Fact name={say(HOLDERS.identified)}>
          {identity === null ? (
            say(HOLDERS.notIdentified)
          ) : (
            <>
              {named(IDENTITY_KINDS, identity.kind)}
              <span class="cell-detail">{[identity.reference, identity.checkedBy].filter(Boolean).join(" · ")}</span>
              <When at={identity.checkedAt} />
            </>
          )}
        </Fact>
        {keys.map((key) => (
          <Fact key={key.key} name={named(TIERS, key.tier)}>
            {[key.maker, key.model].filter(Boolean).join(" · ")}
            <span class="cell-detail">{say(key.trusted ? HOLDERS.makerTrusted : HOLDERS.makerNotTrusted)}</span>
            <When at={key.attestedAt} />
          </Fact>
        ))}
      </Facts>
      {keys.length === 0 ? <p class="muted">{say(HOLDERS.softwareOnly)}</p> : null}
    </Card>
  );
}
