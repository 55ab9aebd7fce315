import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { WebSocket } from 'ws';
import type { Simulator } from '../../src/simulator/simulator.ts';

/** What one caller lived through. */
export interface CallerStory {
  /** Status of the answer to the upgrade, or `cut` when there was none. */
  upgrade: number | 'cut';
  headers: Record<string, string | string[] | undefined>;
  body: string;
  messages: Record<string, unknown>[];
  sent: number;
  closeCode: number | undefined;
}

/** One caller: connects, answers the gather after thinking, and stays until it hangs up. */
export class Caller {
  readonly story: CallerStory = {
    upgrade: 'cut',
    headers: {},
    body: '',
    messages: [],
    sent: 0,
    closeCode: undefined,
  };
  readonly webSocket: WebSocket;
  /** The upgrade was answered, or cut. */
  readonly answered: Promise<void>;
  /** Transferred, or over before. */
  readonly settled: Promise<void>;
  readonly closed: Promise<void>;

  constructor(url: string, { thinkMs = 0, digits = '1' as string | null } = {}) {
    const webSocket = new WebSocket(url, { perMessageDeflate: false });
    this.webSocket = webSocket;
    const answered = latch();
    const settled = latch();
    const closed = latch();
    this.answered = answered.promise;
    this.settled = settled.promise;
    this.closed = closed.promise;
    const { story } = this;
    webSocket.on('upgrade', (response) => {
      story.upgrade = 101;
      story.headers = response.headers;
      answered.resolve();
    });
    webSocket.on('unexpected-response', (_request, response) => {
      story.upgrade = response.statusCode ?? 0;
      story.headers = response.headers;
      response.setEncoding('utf8').on('data', (text: string) => {
        story.body += text;
      });
      response.on('close', () => webSocket.terminate());
    });
    webSocket.on('error', () => {});
    webSocket.on('message', (data) => {
      const message = JSON.parse(data.toString()) as Record<string, unknown>;
      story.messages.push(message);
      if (message.type === 'gather' && digits !== null) {
        setTimeout(() => this.send({ type: 'digits', seq: 1, digits }), thinkMs);
      }
      if (message.type === 'transfer') settled.resolve();
    });
    webSocket.on('close', (code) => {
      if (story.upgrade === 101) story.closeCode = code;
      answered.resolve();
      settled.resolve();
      closed.resolve();
    });
  }

  send(message: unknown): void {
    if (this.webSocket.readyState !== WebSocket.OPEN) return;
    this.story.sent++;
    this.webSocket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async hangUp(): Promise<void> {
    this.webSocket.close(1000);
    await this.closed;
  }
}

/** A crowd that arrives spread evenly over a time, whatever becomes of each. */
export async function arrive(
  count: number,
  overMs: number,
  start: (index: number) => Caller,
): Promise<Caller[]> {
  const startedAt = performance.now();
  const callers: Caller[] = [];
  for (let i = 0; i < count; i++) {
    const wait = startedAt + (i * overMs) / count - performance.now();
    if (wait > 0) await sleep(wait);
    callers.push(start(i));
  }
  return callers;
}

export async function hangUpAll(callers: readonly Caller[]): Promise<void> {
  await Promise.all(callers.map((caller) => caller.hangUp()));
}

export function tally(values: Iterable<string | number>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

export async function fetchToken(
  simulator: Pick<Simulator, 'url'>,
  client = 'client',
): Promise<string> {
  const response = await request(`${simulator.url}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:secret`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  const body = (await response.body.json()) as { access_token: string };
  return body.access_token;
}

/** A REST client with one token that counts its answers. */
export class RestClient {
  readonly statuses: number[] = [];
  readonly #simulator: Pick<Simulator, 'url'>;
  readonly #token: string;

  constructor(simulator: Pick<Simulator, 'url'>, token: string) {
    this.#simulator = simulator;
    this.#token = token;
  }

  async call(method: 'GET' | 'POST' | 'DELETE', path: string, headers = {}) {
    const response = await request(`${this.#simulator.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...headers },
    });
    const text = await response.body.text();
    this.statuses.push(response.statusCode);
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: response.statusCode, headers: response.headers, body };
  }

  createCall() {
    return this.call('POST', '/api/v2/conversations/calls');
  }
}

/** A promise and the function that fulfils it. */
function latch(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
