/** The choices of the IVR's menu. */
export interface Choice {
  digits: string;
  label: string;
}

/** Picks one of the choices; each is as likely as the others. */
export function pick(menu: Readonly<Record<string, string>>): Choice {
  const choices = Object.entries(menu);
  const [digits, label] = choices[Math.floor(Math.random() * choices.length)] ?? ['1', 'support'];
  return { digits, label };
}
