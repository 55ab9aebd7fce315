import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf, UserError } from '../errors.ts';
import { readBody } from './body.ts';
import type { LedgerEntry } from './ledger.ts';

/** What the admin endpoints may do with the simulator. */
export interface Administered {
  state(): unknown;
  ledger(since?: number): LedgerEntry[];
  /** @throws UserError */
  set(knobs: unknown): unknown;
  reset(): void;
}

export const adminPrefix = '/__sim/';

interface Question {
  query: URLSearchParams;
  body: string;
}

interface Reply {
  status: number;
  type: string;
  text: string;
}

const endpoints: Readonly<Record<string, (simulator: Administered, question: Question) => Reply>> =
  {
    'GET healthz': () => json(200, { status: 'ok' }),
    'GET state': (simulator) => json(200, simulator.state()),
    'GET ledger': (simulator, { query }) => {
      const since = Number(query.get('since') ?? 0);
      if (!Number.isSafeInteger(since) || since < 0) {
        return json(400, { message: 'since is the ordinal of the last entry you have' });
      }
      const lines = simulator.ledger(since).map((entry) => `${JSON.stringify(entry)}\n`);
      return { status: 200, type: 'application/x-ndjson', text: lines.join('') };
    },
    'POST reset': (simulator) => {
      simulator.reset();
      return json(200, simulator.state());
    },
    'PATCH knobs': (simulator, { body }) => {
      try {
        return json(200, simulator.set(JSON.parse(body)));
      } catch (error) {
        if (error instanceof UserError) return json(400, { message: error.message });
        return json(400, { message: `The body is not JSON: ${messageOf(error)}` });
      }
    },
  };

/** Answers requests about the simulator itself: never limited, never counted among the platform's requests. */
export async function serveAdmin(
  simulator: Administered,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const key = `${request.method} ${path.slice(adminPrefix.length)}`;
  const body = await readBody(request);
  if (body === 'aborted') return;
  const endpoint = Object.hasOwn(endpoints, key) ? endpoints[key] : undefined;
  const reply =
    body === 'too-large'
      ? json(413, { message: 'The body is too large.' })
      : endpoint
        ? endpoint(simulator, { query: new URLSearchParams(query), body: body.text })
        : json(404, {
            message: `There is no ${key}; there are ${Object.keys(endpoints).join(', ')}`,
          });
  response.writeHead(reply.status, { 'Content-Type': reply.type });
  response.end(reply.text);
}

function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json', text: `${JSON.stringify(value)}\n` };
}
