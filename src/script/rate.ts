/** So many in a span of time, whose unit is always spelled: `300/min`. */
export interface Rate {
  count: number;
  perMs: number;
}

const units: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000 };

/** A whole number above 0 with its unit: `5/s`, `300/min`, `10000/h`. Undefined when it is none. */
export function parseRate(value: unknown): Rate | undefined {
  const [, digits, unit] =
    (typeof value === 'string' && /^\s*(\d+)\s*\/\s*(s|min|h)\s*$/.exec(value)) || [];
  const count = Number(digits);
  const perMs = units[unit ?? ''];
  return perMs !== undefined && count > 0 && Number.isSafeInteger(count)
    ? { count, perMs }
    : undefined;
}

export function formatRate({ count, perMs }: Rate): string {
  return `${count}/${rateUnit(perMs)}`;
}

/** `s`, `min` or `h`; undefined for any other span. */
export function rateUnit(perMs: number): string | undefined {
  return Object.keys(units).find((unit) => units[unit] === perMs);
}
