/** On or off, with a word about what that means. */

interface SwitchGiven {
  readonly label: string;
  readonly hint?: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly testid?: string;
}

export function Switch({ label, hint, on, onChange, testid }: SwitchGiven) {
  return (
    <label class="switch">
      <span class="switch-text">
        <span>{label}</span>
        {hint === undefined ? null : <span class="muted small">{hint}</span>}
      </span>
      <input
        type="checkbox"
        role="switch"
        aria-checked={on}
        checked={on}
        onChange={(event) => onChange(event.currentTarget.checked)}
        data-testid={testid}
      />
      <span class="switch-track" aria-hidden="true" />
    </label>
  );
}
