/** Runs a k6 script file in a real VU against a real server and keeps what happened, in order. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadProgram } from '../../src/script/load.ts';
import { createStackMapper } from '../../src/script/stack.ts';
import { type GuestRun, runGuest } from './guest.ts';
import { answerTo } from './k6-oracle.ts';

export interface TraceServer {
  /** Ends with a slash. */
  base: string;
  /** Hears of each request as it comes. */
  hear: (line: string) => void;
  close(): void;
}

export async function traceServer(): Promise<TraceServer> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      const { method = '', url = '' } = request;
      made.hear(`${method} ${url}${body === '' ? '' : ` ${body}`}`);
      const answer = answerTo(method, url, body);
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: TraceServer = {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    hear: () => undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return made;
}

export interface TraceRun extends GuestRun {
  trace: string[];
}

/** Runs the default function of a script once. */
export async function realTrace(
  path: string,
  dir: string,
  server: TraceServer,
  iterations = 1,
): Promise<TraceRun> {
  const program = await loadProgram(path, dir);
  const mapper = createStackMapper(program, dir);
  const trace: string[] = [];
  server.hear = (line) => trace.push(line);
  const run = await runGuest('', {
    program: { code: program.code, mapStack: (stack) => mapper.map(stack) },
    iterations,
    env: { BASE: server.base },
    hear(event) {
      if ('log' in event) trace.push(`log ${event.log}`);
      else if ('failure' in event) trace.push(`threw ${event.failure.split('\n')[0]}`);
      else if (event.sample.metric === 'checks') {
        trace.push(`check ${event.sample.tags['check']}: ${event.sample.value === 1}`);
      } else if (event.sample.metric === 'group_duration') {
        trace.push(`end of ${event.sample.tags['group']?.split('::').at(-1)}`);
      }
    },
  });
  return { ...run, trace };
}
