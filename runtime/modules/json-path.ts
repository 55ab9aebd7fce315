/**
 * Parts of a JSON value by a path, in the syntax of GJSON that k6 has: keys and indexes with dots between
 * them; `*` and `?` in a key stand for any characters and any one; `#` is a list's length, `#.key`
 * collects from each element; `#(key=="text")` is the first element that fits, `#(…)#` are all of them;
 * `|` is as a dot, but goes on from the list as a whole; a backslash takes a character as it is.
 */
import type { JsonValue } from './http-response.ts';

type Maybe = JsonValue | undefined;
type Part = { key: string; isPlain: boolean; next: '' | '.' | '|'; rest: string };

/** The first part of a path. A `#(…)` is one, whatever is in it. */
function partOf(path: string): Part {
  let key = '';
  let isPlain = true;
  let depth = 0;
  let quoted = false;
  const inQuery = path.startsWith('#(') || path.startsWith('#[');
  for (let at = 0; at < path.length; at++) {
    const character = path[at] as string;
    if (character === '\\') {
      // What is escaped is no pattern; the query's own reader takes the backslash away.
      const literal = path[++at] ?? '';
      key += inQuery || '*?'.includes(literal) ? `\\${literal}` : literal;
      continue;
    }
    if (inQuery) {
      if (character === '"') quoted = !quoted;
      if (!quoted && '(['.includes(character)) depth++;
      if (!quoted && ')]'.includes(character)) depth--;
    } else if ('*?'.includes(character)) {
      isPlain = false;
    }
    if (depth === 0 && !quoted && (character === '.' || character === '|')) {
      return { key, isPlain, next: character, rest: path.slice(at + 1) };
    }
    key += character;
  }
  return { key, isPlain, next: '', rest: '' };
}

/** A pattern with `*` and `?` as a regular expression. */
function pattern(text: string): RegExp {
  const source = text.replace(/\\?[^]/g, (character) => {
    if (character === '*') return '[^]*';
    if (character === '?') return '[^]';
    return character.slice(-1).replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
  });
  return new RegExp(`^${source}$`, 'u');
}

/** What a path leads to in a value; undefined when nothing is there. */
export function select(value: Maybe, path: string): Maybe {
  const { key, isPlain, next, rest } = partOf(path);
  const goOn = (found: Maybe): Maybe =>
    next === '' || found === undefined ? found : select(found, rest);
  if (value === null || typeof value !== 'object') return undefined;
  if (!Array.isArray(value)) {
    if (isPlain) {
      const name = key.replaceAll(/\\([*?])/g, '$1');
      return goOn(Object.hasOwn(value, name) ? value[name] : undefined);
    }
    const wanted = pattern(key);
    const name = Object.keys(value).find((one) => wanted.test(one));
    return name === undefined ? undefined : goOn(value[name]);
  }
  if (key === '#') {
    if (next !== '.') return goOn(value.length);
    return value.map((one) => select(one, rest)).filter((one) => one !== undefined);
  }
  const query = /^#[([]([^]*)[)\]](#?)$/.exec(key);
  if (query === null) return /^\d+$/.test(key) ? goOn(value[Number(key)]) : undefined;
  const fits = condition(query[1] as string);
  if (query[2] === '') return goOn(value.find(fits));
  const found = value.filter(fits);
  if (next !== '.') return goOn(found);
  return found.map((one) => select(one, rest)).filter((one) => one !== undefined);
}

/** The judgement of a query such as `age>=18`, `name%"J*"`, `children.#(age<3)` or `=="text"`. */
function condition(query: string): (value: JsonValue) => boolean {
  const [, path = '', sign = '', text = ''] =
    /^\s*((?:\\[^]|#[([](?:"(?:\\[^]|[^"])*"|[^"])*[)\]]#?|[^!=<>%~\\])*?)\s*(?:(==|!=|<=|>=|!%|=|<|>|%)\s*([^]*?))?\s*$/.exec(
      query,
    ) ?? [];
  const of = (value: JsonValue): Maybe => (path === '' ? value : select(value, path));
  if (sign === '') return (value) => of(value) !== undefined;
  const wanted = literal(text);
  if (sign === '%' || sign === '!%') {
    const like = pattern(String(wanted));
    return (value) => {
      const one = of(value);
      return typeof one === 'string' && like.test(one) === (sign === '%');
    };
  }
  return (value) => {
    const one = of(value);
    return one !== undefined && compare(one, sign, wanted);
  };
}

function literal(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Text may stand without quotes.
    return text.replace(/^"|"$/g, '');
  }
}

function compare(one: JsonValue, sign: string, other: JsonValue): boolean {
  // Values of different types are only ever unequal.
  if (typeof one !== typeof other) return sign === '!=';
  if (sign === '=' || sign === '==') return one === other;
  if (sign === '!=') return one !== other;
  if (typeof one !== 'number' && typeof one !== 'string') return false;
  const [a, b] = [one, other as typeof one];
  if (sign === '<') return a < b;
  if (sign === '<=') return a <= b;
  return sign === '>' ? a > b : a >= b;
}
