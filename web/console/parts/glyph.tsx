/** Icons that only the console needs; what all apps need stands in ui/icons.tsx, which every app carries. */

import { Icon, type IconName } from "../../ui/icons.tsx";

const PATHS = {
  chart: "M4.500 19.500h15M7 19.500v-6M12 19.500V6.500M17 19.500v-9.500",
  fork: "M12 20.500v-6.500M12 14c0-4-5-3.500-5-8.500M12 14c0-4 5-3.500 5-8.500M4.500 8 7 5.500 9.500 8M14.500 8 17 5.500 19.500 8",
  people:
    "M9 11.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 19.500c.5-3.500 3-5.500 6.500-5.500s6 2 6.500 5.500M16 4.800a3.500 3.500 0 0 1 0 6.400M18 14.600c2 .8 3.200 2.500 3.500 4.900",
} as const;

type Own = keyof typeof PATHS;
export type GlyphName = IconName | Own;

function isOwn(name: GlyphName): name is Own {
  return Object.hasOwn(PATHS, name);
}

export function Glyph({ name }: { name: GlyphName }) {
  if (!isOwn(name)) return <Icon name={name} />;
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
