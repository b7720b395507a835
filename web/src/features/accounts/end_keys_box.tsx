interface Props {
  checked: boolean;
  onChange: (checked: boolean) => void;
}

// Whether the API keys end as well. Whoever had the account may have made some.
export function EndKeysBox({ checked, onChange }: Props) {
  return (
    <label className="flex min-h-10 cursor-pointer items-center gap-3 pointer-coarse:min-h-11">
      <input
        type="checkbox"
        checked={checked}
        onChange={({ target }) => onChange(target.checked)}
        className="size-4.5 shrink-0 cursor-pointer accent-accent"
      />
      End my API keys too. Programs that use them stop working.
    </label>
  );
}
