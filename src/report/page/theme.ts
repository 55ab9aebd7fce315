/** Colours by name: the sheet has their values for light and dark, canvases ask for them when they draw. */

export type Colour = 'blue' | 'orange' | 'teal' | 'purple' | 'red' | 'gold' | 'grey' | 'ink';

let computed: CSSStyleDeclaration | undefined;

/** The value of a colour as it is now. */
export function paint(name: Colour | 'line' | 'mute' | 'grid' | 'card'): string {
  computed ??= getComputedStyle(document.documentElement);
  return computed.getPropertyValue(`--${name}`).trim();
}

/** The same with less of it, 0 to 1. */
export function thin(name: Colour, share: number): string {
  const hex = paint(name);
  const part = (at: number): number => Number.parseInt(hex.slice(at, at + 2), 16);
  return `rgba(${part(1)},${part(3)},${part(5)},${share})`;
}

type Theme = 'light' | 'dark';
const key = 'vurun-theme';

/** What the user chose, else what the system says. */
export function themeNow(): Theme {
  const set = document.documentElement.dataset['theme'];
  if (set === 'light' || set === 'dark') return set;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Calls back whenever colours changed: the switch, the system, or paper. */
export function onTheme(changed: () => void): void {
  for (const query of ['(prefers-color-scheme: dark)', 'print']) {
    matchMedia(query).addEventListener('change', changed);
  }
  addEventListener('vurun-theme', changed);
}

export function switchTheme(): void {
  const next: Theme = themeNow() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = next;
  try {
    localStorage.setItem(key, next);
  } catch {
    // A page opened from disk may have nowhere to keep it.
  }
  dispatchEvent(new Event('vurun-theme'));
}

export function restoreTheme(): void {
  try {
    const kept = localStorage.getItem(key);
    if (kept === 'light' || kept === 'dark') document.documentElement.dataset['theme'] = kept;
  } catch {
    // Then it is the system's.
  }
}
