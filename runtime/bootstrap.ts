/**
 * The life of a script inside its VU: evaluated once (init), then told by deliveries to run a
 * lifecycle function, to take up a scenario, and to iterate. The host reads from the mail when a
 * function is over and whether anything is still waited for.
 */
import {
  Blocking,
  Delivery,
  Fact,
  FailureKind,
  Mail,
  Op,
  type RunRequest,
} from './contract/ops.ts';
import { fail } from './errors.ts';
import { encodeBase64 } from './globals/base64.ts';
import { installGlobals } from './globals/install.ts';
import { callRoot, freshStart, life, mail, onDelivery, op } from './host.ts';
import './random.ts';

type Exported = (data?: unknown) => unknown;

const global = globalThis as unknown as Record<string, unknown>;

installGlobals();
global['__ENV'] = JSON.parse(op(Op.factText, Fact.env) as string);
global['global'] = globalThis;
Object.defineProperty(globalThis, '__VU', {
  get: () => op(Op.factNumber, Fact.vuIdInInstance),
  enumerable: true,
});
global['open'] = (path: unknown, mode?: unknown): string | ArrayBuffer =>
  op(Op.open, String(path), mode === 'b', new Error('open').stack) as string | ArrayBuffer;

/** A script may put another one in its place. */
const OwnPromise = Promise;

let exported: Record<string, unknown> = {};
let current: Exported | undefined;
let data: unknown;
let dataKnown = false;

/** Called once, at the end of the bundle, with everything the user's main file exports. */
export function start(script: Record<string, unknown>): void {
  exported = script;
  const functions: string[] = [];
  for (const name of Object.keys(exported)) {
    if (typeof exported[name] === 'function') functions.push(name);
  }
  const options = exported['options'];
  if (typeof options === 'function') throw new TypeError('options may not be a function');
  op(
    Op.returned,
    JSON.stringify({
      functions,
      ...(options === undefined ? {} : { optionsJson: JSON.stringify(options) }),
    }),
  );
}

function settle(result: unknown, done: (value: unknown) => void): void {
  try {
    if (result instanceof Promise || typeof (result as PromiseLike<unknown>)?.then === 'function') {
      (result as PromiseLike<unknown>).then(done, failRun);
      return;
    }
  } catch (thrown) {
    // A `then` that is a getter may throw.
    failRun(thrown);
    return;
  }
  done(result);
}

function over(): void {
  mail[Mail.running] = 0;
}

function failRun(thrown: unknown): void {
  fail(FailureKind.run, thrown);
  over();
}

function parseData(request: RunRequest): void {
  if (request.dataJson !== undefined && !dataKnown) {
    data = JSON.parse(request.dataJson);
    dataKnown = true;
  }
}

onDelivery(Delivery.activate, (_id, payload) => {
  const request = JSON.parse(payload as string) as RunRequest;
  life.phase = 'vu';
  current = exported[request.name] as Exported;
  if (request.env !== undefined) global['__ENV'] = request.env;
  parseData(request);
});

onDelivery(Delivery.iterate, (iteration) => {
  freshStart();
  global['__ITER'] = iteration;
  if (mail[Mail.blocking] !== Blocking.never) {
    // It may come back much later, and only a promise could be handed to the host to look at.
    mail[Mail.running] = 1;
    callRoot(current, undefined, [data], (value) => settle(value, over), failRun);
    return undefined;
  }
  try {
    const result = (current as Exported)(data);
    if (result === undefined || result instanceof OwnPromise) return result;
    // Whatever else can be waited for becomes a promise the host can look at.
    if (typeof (result as PromiseLike<unknown> | null)?.then === 'function') {
      return OwnPromise.resolve(result);
    }
  } catch (thrown) {
    fail(FailureKind.run, thrown);
  }
  return undefined;
});

onDelivery(Delivery.rejected, (_id, reason) => {
  fail(FailureKind.run, reason);
});

onDelivery(Delivery.run, (_id, payload) => {
  const request = JSON.parse(payload as string) as RunRequest;
  const { name } = request;
  freshStart();
  life.phase = name === 'setup' ? 'setup' : name === 'teardown' ? 'teardown' : 'summary';
  mail[Mail.running] = 1;
  const returned = (value: unknown): void => {
    try {
      op(Op.returned, name === 'handleSummary' ? summaryJson(value) : resultJson(value));
    } catch (thrown) {
      fail(FailureKind.result, thrown);
    }
    over();
  };
  try {
    parseData(request);
  } catch (thrown) {
    failRun(thrown);
    return;
  }
  callRoot(exported[name], undefined, [data], (value) => settle(value, returned), failRun);
});

/** JSON of what a function returned; what JSON would lose without a word is an error, as in k6. */
function resultJson(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(value, (key, inner) => {
    if (typeof inner === 'number' && !Number.isFinite(inner)) {
      throw new TypeError(`setup() returned ${inner} at '${key}', which JSON cannot hold`);
    }
    if (typeof inner === 'function') {
      throw new TypeError(`setup() returned a function at '${key}', which JSON cannot hold`);
    }
    // As in k6: bytes are base64, a Map is its pairs, and a key that is there stays there.
    if (inner instanceof Uint8Array) return encodeBase64(inner, false, true);
    if (inner instanceof Map || inner instanceof Set) return [...inner];
    return inner === undefined ? null : (inner as unknown);
  });
}

function summaryJson(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const out: Record<string, string | number[]> = {};
  for (const [file, content] of Object.entries(value)) {
    if (typeof content === 'string') out[file] = content;
    else if (content instanceof ArrayBuffer) out[file] = Array.from(new Uint8Array(content));
    else {
      throw new TypeError(
        `handleSummary() returned ${typeof content} for '${file}'; return text or an ArrayBuffer`,
      );
    }
  }
  return JSON.stringify(out);
}
