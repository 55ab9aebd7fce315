import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ExitCode, messageOf, problemsError, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { SecretSources } from '../script/secrets.ts';
import type { Street } from './street.ts';

type Values = Record<string, string>;

/** What `--secret-source` can be: how its configuration becomes values by key. */
const kinds: Readonly<Record<string, (parts: readonly string[], street: Street) => Values>> = {
  file(parts, street) {
    const [path, ...more] = parts.map((part) => part.replace(/^filename=/, ''));
    if (path === undefined || path === '') throw new Error('name the file: file=PATH');
    if (more.length > 0) throw new Error(`one file at a time, not '${more.join(',')}' too`);
    const full = resolve(street.cwd, path);
    let text: string;
    try {
      const { size } = statSync(full);
      if (size > limits.secretFileBytes) {
        throw new Error(`it has ${size} bytes; at most ${limits.secretFileBytes} are read`);
      }
      text = readFileSync(full, 'utf8');
    } catch (thrown) {
      throw new Error(`'${path}' cannot be read: ${messageOf(thrown)}`);
    }
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    return Object.fromEntries(
      lines.flatMap((line, index) => {
        if (line === '' || line.startsWith('#')) return [];
        return [pair(line, `line ${index + 1} of '${path}'`)];
      }),
    );
  },
  env(parts, street) {
    if (parts.length === 0) {
      throw new Error(
        'name the variables: env=TOKEN,PASSWORD, or all that begin alike: env=SECRET_*',
      );
    }
    const values: Values = {};
    for (const part of parts) {
      const isPrefix = part.endsWith('*');
      const prefix = part.slice(0, -1);
      const names = Object.keys(street.env).filter((name) =>
        isPrefix ? name.startsWith(prefix) : name === part,
      );
      if (names.length === 0) throw new Error(`the environment has no variable '${part}'`);
      for (const name of names) {
        values[isPrefix ? name.slice(prefix.length) : name] = street.env[name] ?? '';
      }
    }
    return values;
  },
  mock: (parts) => Object.fromEntries(parts.map((part) => pair(part, 'its configuration'))),
};
const laterKinds: readonly string[] = ['cloud', 'url'];

/** `key=value`. What is wrong with a line is said without showing it: it may be a secret. */
function pair(text: string, where: string): [key: string, value: string] {
  const cut = text.indexOf('=');
  if (cut < 1) throw new Error(`${where}: every secret is written key=value`);
  return [text.slice(0, cut).trim(), text.slice(cut + 1)];
}

/** Reads what `--secret-source` names. Throws a UserError that tells everything wrong with it. */
export function readSecrets(given: readonly string[], street: Street): SecretSources {
  const sources: Record<string, Values> = {};
  const defaults: string[] = [];
  const problems: string[] = [];
  for (const source of given) {
    const [kind = '', ...rest] = source.split('=');
    try {
      const read = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
      if (read === undefined) {
        throw new Error(
          laterKinds.includes(kind)
            ? 'vurun does not have this kind of source yet'
            : `there is no such kind of source; there are ${Object.keys(kinds).join(', ')}`,
        );
      }
      let name = kind;
      const parts = rest
        .join('=')
        .split(',')
        .filter((part) => {
          if (part === 'default') return false;
          if (!part.startsWith('name=')) return part !== '';
          name = part.slice('name='.length);
          return false;
        });
      if (Object.hasOwn(sources, name)) {
        throw new Error(`there is a source '${name}' already; give this one another name=`);
      }
      if (/(^|,)default(,|$)/.test(rest.join('='))) defaults.push(name);
      sources[name] = read(parts, street);
    } catch (thrown) {
      problems.push(`--secret-source ${kind}: ${messageOf(thrown)}`);
    }
  }
  if (defaults.length > 1) {
    problems.push(`--secret-source: ${defaults.join(' and ')} cannot both be the default`);
  }
  if (problems.length === 1) throw new UserError(ExitCode.invalidConfig, problems[0] as string);
  if (problems.length > 1) {
    throw problemsError(ExitCode.invalidConfig, 'secret sources cannot be used:', problems);
  }
  const names = Object.keys(sources);
  return { sources, defaultSource: defaults[0] ?? (names.length === 1 ? names[0] : undefined) };
}
