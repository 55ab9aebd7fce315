/**
 * What a case of the conformance suite is: a k6 script, and beside it what k6 does with it. Expectations are
 * written from the description of k6's behaviour, never from what vurun was seen to do.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Case {
  /** The row of the description it stands for, for example '1.2 redirects'. */
  row: string;
  /** Flags after `run`; the script's name, the addresses and the output are added. */
  args?: readonly string[];
  /** A command line of its own instead of `run`; `SCRIPT` in it is the script's name. */
  command?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Files beside the script. */
  files?: Readonly<Record<string, string>>;
  /** Sends the signal when the text is first heard. */
  signal?: { at: string; name: 'SIGINT' | 'SIGTERM' };
  /** Nothing must come in this order: several VUs, or parallel requests. */
  unordered?: true;
  /** Exit code, 0 when left out. */
  exit?: number;
  /** Exactly what the server sees; see `server.ts` for the form. */
  requests?: readonly (string | RegExp)[];
  /** Exactly what the script says with console; levels other than info stand before it. */
  says?: readonly (string | RegExp)[];
  /** Exactly the other warnings and errors, each by level and a piece: `error: boom`. */
  logs?: readonly string[];
  /** Samples that match, for example `checks{check:ok}`: how many, and what they sum up to. */
  samples?: Readonly<Record<string, number | readonly [count: number, sum: number]>>;
  /** All tag sets the samples of a metric have, whole. */
  tags?: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
  /** The end-of-test summary is shown (it is disabled otherwise), with these pieces on stdout. */
  stdout?: readonly (string | RegExp)[];
  /** Files the run leaves, each with a piece of its content. */
  leaves?: Readonly<Record<string, readonly (string | RegExp)[]>>;
}

export type Cases = Readonly<Record<string, Case>>;

/** A case with its name `chapter/script` and its script's path. */
export interface NamedCase extends Case {
  name: string;
  script: string;
}

const here = import.meta.dirname;

/** Every case of every chapter. A script without an expectation, or the other way round, is an error. */
export async function allCases(): Promise<NamedCase[]> {
  const chapters = readdirSync(here, { withFileTypes: true }).filter((one) => one.isDirectory());
  const found = await Promise.all(
    chapters.map(async ({ name: chapter }) => {
      const dir = join(here, chapter);
      const { cases } = (await import(join(dir, 'expected.ts'))) as { cases: Cases };
      const scripts = readdirSync(dir).filter((name) => name !== 'expected.ts');
      const names = scripts.map((name) => name.replace(/\.\w+$/, ''));
      const odd = [
        ...names.filter((name) => !(name in cases)),
        ...Object.keys(cases).filter((name) => !names.includes(name)),
      ];
      if (odd.length > 0) {
        throw new Error(`${chapter}: script and expectation do not both exist for ${odd.join()}`);
      }
      return scripts.map((file, i) => {
        const name = names[i] as string;
        return { ...(cases[name] as Case), name: `${chapter}/${name}`, script: join(dir, file) };
      });
    }),
  );
  return found.flat();
}

/**
 * The scripts of `test/scripts/auto-await`. What they do is found out without k6 (`k6-oracle.ts`); beside a
 * binary they are compared like the others.
 */
export function autoAwaitCases(): NamedCase[] {
  const dir = join(here, '../scripts/auto-await');
  const lib = readdirSync(join(dir, 'lib')).map((name) => `lib/${name}`);
  const files = Object.fromEntries(
    lib.map((name) => [name, readFileSync(join(dir, name), 'utf8')] as const),
  );
  return readdirSync(dir)
    .filter((name) => name.endsWith('.js'))
    .map((name) => ({
      name: `auto-await/${name.slice(0, -3)}`,
      script: join(dir, name),
      row: '0 blocking calls',
      files,
    }));
}
