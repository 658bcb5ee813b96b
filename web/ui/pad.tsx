/** Number pads: for a PIN, which is never shown, and for an amount. A keyboard's digits work as well. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

const ROWS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
export const PIN_MIN = 6;
export const PIN_MAX = 12;
/** What takes digits itself; a radio button or switch does not. */
const TYPED_INTO = "input:not([type=radio], [type=checkbox]), textarea, select";

interface PadGiven {
  readonly onKey: (key: string) => void;
  readonly corner: ComponentChildren;
  readonly disabled?: boolean;
  readonly onEnter?: (() => void) | undefined;
}

export function Pad({ onKey, corner, disabled, onEnter }: PadGiven) {
  const latest = useRef({ onKey, onEnter });
  latest.current = { onKey, onEnter }; // keys may come faster than effects run: each must see what the one before it typed
  // In the layout phase: whoever sees the pad is heard, from the first key.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches(TYPED_INTO);
      if (typing || disabled === true || event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^[0-9]$/u.test(event.key)) latest.current.onKey(event.key);
      else if (event.key === "Backspace") latest.current.onKey("delete");
      else if (event.key === "." || event.key === ",") latest.current.onKey(".");
      else if (event.key === "Enter" && !(event.target instanceof Element && event.target.matches("button, a")))
        latest.current.onEnter?.();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [disabled]);
  return (
    <div class="pad">
      {[...ROWS].map((key) => (
        <button key={key} type="button" disabled={disabled} onClick={() => onKey(key)} data-testid={`key-${key}`}>
          {key}
        </button>
      ))}
      {corner}
      <button type="button" disabled={disabled} onClick={() => onKey("0")} data-testid="key-0">
        0
      </button>
      <button
        type="button"
        class="pad-quiet"
        disabled={disabled}
        aria-label={say(UI.delete)}
        onClick={() => onKey("delete")}
        data-testid="key-delete"
      >
        <Icon name="trash" />
      </button>
    </div>
  );
}

interface PinGiven {
  readonly pin: string;
  readonly onPin: (pin: string) => void;
  readonly disabled?: boolean;
  readonly corner?: ComponentChildren;
  /** What Enter does once enough digits are there. */
  readonly onEnter?: () => void;
}

export function PinPad({ pin, onPin, disabled, corner, onEnter }: PinGiven) {
  const key = (pressed: string) => {
    if (pressed === "delete") onPin(pin.slice(0, -1));
    else if (pressed !== "." && pin.length < PIN_MAX) onPin(pin + pressed);
  };
  return (
    <div class="pin">
      <p class="pin-dots" role="status" data-testid="pin-dots">
        <span class="unseen">{say(UI.digits, { count: pin.length })}</span>
        {Array.from({ length: Math.max(PIN_MIN, pin.length) }, (_, at) => at).map((at) => (
          <span key={at} class={at < pin.length ? "dot dot-on" : "dot"} aria-hidden="true" />
        ))}
      </p>
      <Pad
        onKey={key}
        disabled={disabled === true}
        corner={corner ?? <span />}
        onEnter={pin.length >= PIN_MIN ? onEnter : undefined}
      />
    </div>
  );
}
