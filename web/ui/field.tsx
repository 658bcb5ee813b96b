/** Fields with a label above, a hint below, and what is wrong beside the field that it is about. */

import { useId } from "preact/hooks";

const TYPES = {
  text: { type: "text" },
  search: { type: "search" },
  decimal: { type: "text" },
  password: { type: "password" },
  pin: { type: "password" },
} as const;

interface Given {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string;
  readonly wrong?: string | null;
  readonly kind?: "text" | "search" | "decimal" | "password" | "pin";
  readonly suffix?: string;
  readonly lines?: number;
  readonly maxLength?: number;
  readonly placeholder?: string;
  readonly autoComplete?: "off" | "one-time-code" | "new-password" | "current-password";
  readonly testid?: string;
}

export function Field(given: Given) {
  const { label, value, onInput, hint, wrong, kind = "text", suffix, lines, testid } = given;
  const id = useId();
  const said = [hint === undefined ? "" : `${id}-hint`, wrong == null ? "" : `${id}-wrong`].filter((one) => one !== "");
  const shared = {
    id,
    value,
    ...(given.maxLength === undefined ? {} : { maxLength: given.maxLength }),
    ...(given.placeholder === undefined ? {} : { placeholder: given.placeholder }),
    autoComplete: given.autoComplete ?? "off",
    "aria-describedby": said.length === 0 ? undefined : said.join(" "),
    "aria-invalid": wrong == null ? undefined : true,
    "data-testid": testid,
  };
  return (
    <div class={wrong == null ? "field" : "field field-wrong"}>
      <label for={id}>{label}</label>
      {lines === undefined ? (
        <span class="field-box">
          <input
            {...shared}
            {...TYPES[kind]}
            inputMode={kind === "decimal" ? "decimal" : kind === "pin" ? "numeric" : undefined}
            autoCapitalize="off"
            spellcheck={false}
            onInput={(event) => onInput(event.currentTarget.value)}
          />
          {suffix === undefined ? null : <span class="field-suffix">{suffix}</span>}
        </span>
      ) : (
        <textarea {...shared} rows={lines} onInput={(event) => onInput(event.currentTarget.value)} />
      )}
      {hint === undefined ? null : (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {wrong == null ? null : (
        <p class="field-note" id={`${id}-wrong`} role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly detail?: string;
}

interface ChoicesGiven<T extends string> {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly chosen: T | null;
  readonly onChoose: (value: T) => void;
  /** `chips`: short ones side by side; `segments`: the same with a heading; `rows`: one under the other. */
  readonly look: "chips" | "segments" | "rows";
  readonly testid?: string;
}

/** One of several: radio buttons, whatever they look like. */
export function Choices<T extends string>({ label, choices, chosen, onChoose, look, testid }: ChoicesGiven<T>) {
  const name = useId();
  return (
    <fieldset class={`choices choices-${look === "rows" ? "rows" : "chips"}`} data-testid={testid}>
      <legend class={look === "chips" ? "unseen" : undefined}>{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} class="choice">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === chosen}
            onChange={() => onChoose(choice.value)}
          />
          <span class="choice-text">
            <span>{choice.label}</span>
            {choice.detail === undefined ? null : <span class="choice-detail">{choice.detail}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
