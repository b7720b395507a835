import { type LucideIcon, Monitor, Moon, Sun } from "lucide-react";
import { railCell } from "./rail_cell";
import { type Theme, themes, useTheme } from "./theme";

const faces: Record<Theme, { label: string; icon: LucideIcon }> = {
  system: { label: "System", icon: Monitor },
  light: { label: "Light", icon: Sun },
  dark: { label: "Dark", icon: Moon },
};

export function ThemeButton() {
  const [theme, choose] = useTheme();
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? "system";
  const { label, icon: Icon } = faces[theme];
  return (
    <button
      type="button"
      className={railCell}
      onClick={() => choose(next)}
      title={`Change to ${faces[next].label.toLowerCase()}`}
    >
      <Icon aria-hidden size={20} strokeWidth={1.75} />
      <span>
        <span className="sr-only">Theme: </span>
        {label}
      </span>
    </button>
  );
}
