import { parseDuration } from '../duration.ts';
import { ExitCode, UserError } from '../errors.ts';
import type { OutputIo } from './output.ts';

/**
 * The environment's settings of one output: `VURUN_<suffix>`, or k6's `K6_<suffix>` where that says
 * nothing. Whatever cannot be read throws a UserError (104) that names the variable.
 */
export class Variables {
  readonly #env: OutputIo['env'];
  readonly #output: string;

  constructor(env: OutputIo['env'], output: string) {
    this.#env = env;
    this.#output = output;
  }

  text(suffix: string): string | undefined {
    return this.#find(suffix)?.value;
  }

  boolean(suffix: string, otherwise = false): boolean {
    const found = this.#find(suffix);
    if (found === undefined) return otherwise;
    if (/^(1|t|true)$/i.test(found.value)) return true;
    if (/^(0|f|false)$/i.test(found.value)) return false;
    throw this.wrong(found.name, `must be true or false, not '${found.value}'`);
  }

  /** Milliseconds. */
  duration(suffix: string, otherwise: number): number {
    const found = this.#find(suffix);
    if (found === undefined) return otherwise;
    const ms = parseDuration(found.value);
    if (ms !== undefined && ms >= 100) return ms;
    throw this.wrong(
      found.name,
      `must be a duration of 100ms or more such as '5s', not '${found.value}'`,
    );
  }

  list(suffix: string): readonly string[] | undefined {
    return this.text(suffix)
      ?.split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  }

  /** `name:value` or `name=value` pairs, with commas between them. */
  pairs(suffix: string): Record<string, string> {
    const found = this.#find(suffix);
    if (found === undefined) return {};
    return Object.fromEntries(
      found.value.split(',').map((pair) => {
        const [, name = '', value = ''] = /^\s*([^:=]+?)\s*[:=]\s*(.*?)\s*$/s.exec(pair) ?? [];
        if (name === '') throw this.wrong(found.name, `must be name:value pairs, not '${pair}'`);
        return [name, value];
      }),
    );
  }

  /** All variables of k6's that begin so, by the rest of their name. */
  beginning(prefix: string): Record<string, string> {
    const all: Record<string, string> = {};
    for (const house of ['K6_', 'VURUN_']) {
      for (const [name, value] of Object.entries(this.#env)) {
        if (value && name.startsWith(house + prefix))
          all[name.slice((house + prefix).length)] = value;
      }
    }
    return all;
  }

  /** What k6 has and this output has not: asked for, it is refused and not ignored. */
  refuse(suffix: string, instead: string): void {
    const found = this.#find(suffix);
    if (found !== undefined && !/^(0|f|false)$/i.test(found.value)) {
      throw this.wrong(found.name, instead);
    }
  }

  /** What the argument or a variable has as the receiver's address. */
  url(given: string, where: string): URL {
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
    throw this.wrong(where, `must be an address such as http://127.0.0.1:9090, not '${given}'`);
  }

  wrong(where: string, what: string): UserError {
    return new UserError(
      ExitCode.invalidConfig,
      `the ${this.#output} output cannot be set up: ${where} ${what}`,
    );
  }

  #find(suffix: string): { name: string; value: string } | undefined {
    for (const name of [`VURUN_${suffix}`, `K6_${suffix}`]) {
      const value = this.#env[name];
      if (value !== undefined && value !== '') return { name, value };
    }
    return undefined;
  }
}

/** An address without what may be secret in it. */
export function shownUrl(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  return shown.href;
}
