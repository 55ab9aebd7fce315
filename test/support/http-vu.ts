/** A VU's host half of HTTP with everything around it faked, and servers that misbehave on purpose. */
import net from 'node:net';
import { HttpBits, HttpMail, type HttpResponseDetails, Op } from '../../runtime/contract/ops.ts';
import type { Citizen } from '../../src/citizen/citizen.ts';
import { monotonicClock } from '../../src/clock.ts';
import { createRegistry } from '../../src/metrics/registry.ts';
import { rootTags } from '../../src/metrics/tag-set.ts';
import type {
  DeliveryItem,
  OpArgs,
  ProtocolHost,
  ProtocolSettings,
} from '../../src/protocols/contract.ts';
import { http } from '../../src/protocols/http/http.ts';
import { keepAttempts } from './attempt-keeper.ts';
import { citizenOf } from './citizen.ts';
import { defaultSettings } from './guest.ts';

export interface Sample {
  metric: string;
  value: number;
  tags: Record<string, string>;
}
export interface Answer {
  id: number;
  status: number;
  errorCode: number;
  error: string;
  /** By `HttpTimings`. */
  timings(): Float64Array;
  threw: boolean;
  text(): string | Uint8Array | undefined;
  details(): HttpResponseDetails;
}

function argsOf(values: readonly unknown[]): OpArgs {
  return {
    count: values.length,
    value: (index) => values[index] as string,
    isUndefined: (index) => values[index] === undefined,
    isString: (index) => typeof values[index] === 'string',
    number: (index) => values[index] as number,
    boolean: (index) => values[index] as boolean,
    string: (index) => String(values[index]),
    optionalString: (index) => values[index] as string | undefined,
    bytes: (index) => values[index] as Uint8Array,
  };
}

export class FakeVu {
  readonly samples: Sample[] = [];
  readonly logs: { level: string; message: string; fields: Record<string, string> }[] = [];
  readonly attempts = keepAttempts();
  readonly gauges = { httpInFlight: 0, wsOpen: 0, wsConnecting: 0 };
  readonly session;
  sent = 0;
  received = 0;
  deliveries = 0;
  mayUseNetwork = true;
  #nextId = 0;
  readonly #waiting = new Map<number, (item: DeliveryItem) => void>();

  constructor(settings: Partial<ProtocolSettings> = {}, vuId = 1, citizen: Citizen = citizenOf()) {
    const random = citizen.randomOf(vuId);
    const host: ProtocolHost = {
      vuId,
      settings: { ...defaultSettings, ...settings },
      recorder: {
        add: (metric, tags, value) => {
          this.samples.push({
            metric: metric.name,
            value,
            tags: Object.fromEntries(tags.entries()),
          });
        },
      },
      builtins: createRegistry().builtins,
      attempts: this.attempts.log,
      scenarioName: 'default',
      sessionId: undefined,
      clock: monotonicClock,
      tags: () => rootTags({ scenario: 'default' }),
      takeWaited: () => undefined,
      mayUseNetwork: () => this.mayUseNetwork,
      deliver: (item) => {
        this.deliveries++;
        // The guest hears in a turn of its own.
        setImmediate(() => this.#waiting.get(item.id)?.(item));
        return true;
      },
      onDrain: () => undefined,
      countBytes: (sent, received) => {
        this.sent += sent;
        this.received += received;
      },
      afterTurns: (departure) => departure.depart(),
      log: (level, message, fields = {}) => this.logs.push({ level, message, fields }),
      citizen,
      token: (client) => citizen.token(client)!,
      random,
      gauges: this.gauges,
    };
    this.session = http.open(host);
    this.session.iterationStarted();
  }

  op(code: number, ...values: unknown[]): unknown {
    return http.ops[code]?.(this.session as never, argsOf(values));
  }

  start(
    method: string,
    url: string,
    params?: Record<string, unknown>,
    body?: string | Uint8Array,
  ): { id: number; answer: Promise<Answer> } {
    const id = ++this.#nextId;
    const answer = new Promise<Answer>((resolve) => {
      this.#waiting.set(id, (item) => {
        const numbers = item.numbers as readonly number[];
        resolve({
          id,
          status: (numbers[HttpMail.bits] as number) & HttpBits.status,
          errorCode: numbers[HttpMail.errorCode] as number,
          error: item.text ?? '',
          timings: () => new Float64Array((this.op(Op.httpTimings, id) as Uint8Array).buffer),
          threw: ((numbers[HttpMail.bits] as number) & HttpBits.throws) !== 0,
          text: () => this.op(Op.httpBodyText, id) as string | undefined,
          details: () => JSON.parse(this.op(Op.httpDetails, id) as string) as HttpResponseDetails,
        });
      });
    });
    this.op(
      Op.httpRequest,
      id,
      url,
      url.length,
      body,
      params === undefined ? undefined : JSON.stringify(params),
      method,
    );
    return { id, answer };
  }

  get(url: string, params?: Record<string, unknown>): Promise<Answer> {
    return this.start('GET', url, params).answer;
  }

  count(metric: string): number {
    return this.samples.filter((sample) => sample.metric === metric).length;
  }
  last(metric: string): Sample {
    return this.samples.findLast((sample) => sample.metric === metric) as Sample;
  }
}

/** A server that does to every connection what `handle` says; close it with `using`-like `close()`. */
export async function rawServer(
  handle: (socket: net.Socket, request: string) => void,
): Promise<{ url: string; port: number; close(): Promise<void>; connections(): number }> {
  let connections = 0;
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data) => handle(socket, data.toString('latin1')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
