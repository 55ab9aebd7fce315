/** A number from the command line (`-e NAME=5`), or else `fallback`. */
export function numberFrom(name: string, fallback: number): number {
  const value = Number(__ENV[name] ?? fallback);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${name} must be a number of at least 0, not '${__ENV[name]}'`);
}
