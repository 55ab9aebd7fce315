/**
 * What a synchronous k6 script does, found out without vurun: the script as it is, in Node's `vm`, on a
 * host that really blocks. Time is virtual, and answers are made from the request.
 */
import { createContext, runInContext, Script } from 'node:vm';
import { build } from 'esbuild';

/** The answer both the oracle and the server of the real run give to a request. */
export function answerTo(
  method: string,
  path: string,
  body: string,
): { status: number; body: string } {
  const status = Number(/\/status\/(\d+)/.exec(path)?.[1] ?? 200);
  if (path.startsWith('/json')) return { status, body: JSON.stringify({ path, items: [1, 2, 3] }) };
  return { status, body: `${method} ${path}${body === '' ? '' : ` ${body}`}` };
}

/** The modules of k6, over functions of the host that block. */
const modules: Record<string, string> = {
  k6: `
export const sleep = (s) => __host.sleep(Number(s));
export function group(name, fn) {
  try { return fn(); } finally { __host.say('end of ' + name); }
}
export function check(value, sets) {
  let all = true;
  for (const name of Object.keys(sets)) {
    let passed;
    try { passed = Boolean(typeof sets[name] === 'function' ? sets[name](value) : sets[name]); }
    catch (e) { __host.say('check ' + name + ': false'); throw e; }
    __host.say('check ' + name + ': ' + passed);
    if (!passed) all = false;
  }
  return all;
}
export function fail(message) { throw new Error(message); }
export default { sleep, group, check, fail };`,
  'k6/http': `
const one = (method, url, body) => {
  const text = body === undefined || body === null ? '' : typeof body === 'string' ? body
    : Object.keys(body).sort().map((k) => k + '=' + body[k]).join('&');
  const answer = __host.request(method, String(url), text);
  return { ...answer, url: String(url), json(path) {
    const value = JSON.parse(answer.body);
    return path === undefined ? value : path.split('.').reduce((v, k) => v[k], value);
  } };
};
export const get = (url) => one('GET', url);
export const head = (url) => one('HEAD', url);
export const post = (url, body) => one('POST', url, body);
export const put = (url, body) => one('PUT', url, body);
export const patch = (url, body) => one('PATCH', url, body);
export const del = (url, body) => one('DELETE', url, body);
export const options = (url, body) => one('OPTIONS', url, body);
export const request = (method, url, body) => one(method, url, body);
export const asyncRequest = (method, url, body) => __host.later(() => one(method, url, body));
export const batch = (list) => {
  const item = (i) => typeof i === 'string' ? one('GET', i) : Array.isArray(i) ? one(i[0], i[1], i[2])
    : one((i.method ?? 'GET').toUpperCase(), i.url, i.body);
  return Array.isArray(list) ? list.map(item)
    : Object.fromEntries(Object.keys(list).map((k) => [k, item(list[k])]));
};
export const url = (strings, ...values) => String.raw({ raw: strings }, ...values);
export default { get, head, post, put, patch, del, options, request, asyncRequest, batch, url };`,
};

/** The lines a script's default function leaves: requests, logs, checks, groups, in their order. */
export async function oracleTrace(path: string, base: string): Promise<string[]> {
  const bundled = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: '__script',
    target: 'es2022',
    banner: { js: '"use strict";' },
    logLevel: 'silent',
    plugins: [
      {
        name: 'k6',
        setup(plugin) {
          plugin.onResolve({ filter: /^k6(\/|$)/ }, (args) => ({
            path: args.path,
            namespace: 'k6',
          }));
          plugin.onLoad({ filter: /.*/, namespace: 'k6' }, (args) => ({
            contents: modules[args.path] as string,
          }));
        },
      },
    ],
  });
  const trace: string[] = [];
  let now = 0;
  let serial = 0;
  const timers = new Map<number, { at: number; every: number | undefined; run: () => void }>();
  const start = (run: () => void, ms: number, every: number | undefined): number => {
    timers.set(++serial, { at: now + Math.max(0, ms), every, run });
    return serial;
  };
  const say = (line: string): void => void trace.push(line);
  const context = createContext(
    {
      __host: {
        say,
        sleep: (seconds: number) => {
          now += Math.max(0, seconds || 0) * 1000;
        },
        request: (method: string, url: string, body: string) => {
          const path = url.slice(base.length - 1);
          say(`${method} ${path}${body === '' ? '' : ` ${body}`}`);
          now += 1;
          const answer = answerTo(method, path, body);
          return method === 'HEAD' ? { ...answer, body: '' } : answer;
        },
      },
      console: { log: (...values: unknown[]) => say(`log ${values.map(String).join(' ')}`) },
      setTimeout: (fn: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
        start(() => fn(...args), ms, undefined),
      setInterval: (fn: () => void, ms: number) => start(fn, ms, ms),
      clearTimeout: (id: number) => timers.delete(id),
      clearInterval: (id: number) => timers.delete(id),
      __ENV: { BASE: base },
    },
    { microtaskMode: 'afterEvaluate' },
  );
  runInContext(
    `globalThis.global = globalThis;
globalThis.__host.later = (make) => {
  const answer = make();
  return new Promise((resolve) => setTimeout(() => resolve(answer), 1));
};`,
    context,
  );
  // Each entry into the context runs its promise jobs to the end, as an event loop does.
  const enter = (code: string): void => {
    try {
      new Script(code).runInContext(context);
    } catch (thrown) {
      say(`threw ${String(thrown)}`);
    }
  };
  enter((bundled.outputFiles[0]?.text ?? '') + '\nglobalThis.__script = __script;');
  enter(`{
    const end = (e) => { __host.say('threw ' + e) };
    try {
      const result = __script.default();
      if (result && typeof result.then === 'function') result.then(undefined, end);
    } catch (e) { end(e) }
  }`);
  while (timers.size > 0) {
    const [id, timer] = [...timers].sort(([a, x], [b, y]) => x.at - y.at || a - b)[0] as [
      number,
      { at: number; every: number | undefined; run: () => void },
    ];
    now = Math.max(now, timer.at);
    if (timer.every === undefined) timers.delete(id);
    else timer.at = now + timer.every;
    context['__run'] = timer.run;
    enter('__run()');
  }
  return trace;
}
