/** The bench itself: two cores, targets on one, clients on the other, and the looks between. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, type ChildEnd, pause } from './child.ts';
import type { Scale } from './harness.ts';
import { findPeer, type PeerName } from './peers.ts';

/** Engines that run a script; what they import differs and little else. */
export type Engine = 'vurun' | 'k6';

/** How long anything may take to begin. */
const patienceMs = 600_000;

/** A server under load, and what it counted. */
export interface Target {
  url: string;
  child: Child;
}

/** What `bench/server.ts` counted; times are its own milliseconds. */
export interface ServerCounts {
  requests: number;
  messages: number;
  sessions: number;
  firstSessionMs: number;
  lastSessionMs: number;
  /** How long responses were really held back. */
  held: { count: number; p50: number; p99: number };
  /** How much later than its schedule each beat came. */
  late: { count: number; p50: number; p99: number };
}

export class Lab {
  readonly scale: Scale;
  readonly say: (line: string) => void;
  readonly #cores: readonly number[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'vurun-bench-'));
  #files = 0;

  constructor(scale: Scale, say: (line: string) => void) {
    this.scale = scale;
    this.say = say;
    const cores = allowedCores();
    this.#cores = cores.length > 1 && findPeer('taskset', say) !== undefined ? cores : [];
    if (cores.length < 2) say('there is one core only: target and client share it');
    process.on('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
  }

  peer(name: PeerName): string | undefined {
    return findPeer(name, this.say);
  }

  /** vurun, and k6 when it is here. */
  engines(): Engine[] {
    return this.peer('k6') === undefined ? ['vurun'] : ['vurun', 'k6'];
  }

  /** Starts a client on the client's core, or where it likes when `free`. */
  client(name: string, command: string, args: readonly string[], free = false): Child {
    const core = free ? undefined : this.#cores[1];
    return new Child({ name, command, args, core, cwd: this.#folder });
  }

  /** Starts one of the raw clients in `bench/client.ts`. */
  rawClient(name: string, args: readonly string[]): Child {
    return this.client(name, process.execPath, [join(import.meta.dirname, 'client.js'), ...args]);
  }

  /** Starts a script on the engine's own command line. */
  script(engine: Engine, source: string, free = false): Child {
    const path = join(this.#folder, `script-${++this.#files}.js`);
    writeFileSync(path, source);
    return engine === 'vurun'
      ? this.client(
          engine,
          process.execPath,
          [join(import.meta.dirname, '../src/main.js'), 'run', '--quiet', path],
          free,
        )
      : this.client(
          engine,
          this.peer('k6') as string,
          ['run', '--quiet', '--no-usage-report', path],
          free,
        );
  }

  /** The server of `bench/server.ts` on the target's core. */
  async server(): Promise<Target> {
    const child = new Child({
      name: 'the target',
      command: process.execPath,
      args: [join(import.meta.dirname, 'server.js')],
      core: this.#cores[0],
    });
    return { child, url: `http://127.0.0.1:${await child.firstLine()}` };
  }

  /** nginx with one worker on the target's core, or undefined when it is not here. */
  async nginx(): Promise<Target | undefined> {
    const command = this.peer('nginx');
    if (command === undefined) return undefined;
    const port = await freePort();
    const folder = mkdtempSync(join(this.#folder, 'nginx-'));
    writeFileSync(join(folder, 'nginx.conf'), nginxConf(port));
    const child = new Child({
      name: 'nginx',
      command,
      args: ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'],
      core: this.#cores[0],
    });
    const url = `http://127.0.0.1:${port}`;
    const isUp = (): Promise<boolean> =>
      fetch(url).then(
        (response) => response.ok,
        () => false,
      );
    await until(isUp, child);
    return { url, child };
  }

  /**
   * What a client gets done per second of its CPU time (and per second) in steady state. `done` counts
   * at the target, which is the same for all clients; start and end of the client are left out.
   */
  async steady(
    client: Child,
    done: () => Promise<number>,
    { warmUpMs, windowMs }: Pick<Scale, 'warmUpMs' | 'windowMs'> = this.scale,
  ): Promise<{ perCpuSecond: number; perSecond: number }> {
    const idle = await done();
    // Asking may itself be counted, so only a leap means that the load has begun.
    await until(async () => (await done()) > idle + 200, client);
    await pause(warmUpMs);
    const look = async (): Promise<{ done: number; cpu: number; at: number }> => ({
      done: await done(),
      cpu: client.cpuSeconds(),
      at: performance.now(),
    });
    const from = await look();
    await pause(windowMs);
    const to = await look();
    // A process that just ended has no times left to read.
    if (to.cpu < from.cpu) throw client.failure();
    const work = to.done - from.done;
    return {
      // A tick is the smallest time the system counts.
      perCpuSecond: work / Math.max(0.01, to.cpu - from.cpu),
      perSecond: work / ((to.at - from.at) / 1_000),
    };
  }

  /** How long a load must last for `steady` to see only load. */
  get loadMs(): number {
    return this.scale.warmUpMs + this.scale.windowMs + 1_000;
  }

  /** Listens for one request of a script that has come to a certain point. */
  async bell(): Promise<{ url: string; rung: Promise<number>; close(): void }> {
    const server: Server = createServer();
    const rung = new Promise<number>((resolve) => {
      server.on('request', (_, response) => {
        resolve(performance.now());
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/`,
      rung,
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }
}

/** What the server counted so far; with `reset` it begins anew. */
export async function countsOf(target: Target, reset = false): Promise<ServerCounts> {
  const response = await fetch(`${target.url}/counts${reset ? '?reset' : ''}`);
  return (await response.json()) as ServerCounts;
}

/** Requests nginx has answered. */
export async function nginxRequests(target: Target): Promise<number> {
  const text = await (await fetch(`${target.url}/status`)).text();
  return Number(/^\s*\d+ \d+ (\d+)/m.exec(text)?.[1]);
}

/** Waits until something holds. Throws when the child ends first, or nothing happens for ever. */
export async function until(holds: () => Promise<boolean> | boolean, child: Child): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await holds())) {
    if (child.isGone) throw child.failure();
    if (performance.now() > giveUpAt) throw new Error(`${child.name} did not get going`);
    await pause(20);
  }
}

/** Resident memory once it has stopped moving, in bytes. */
export async function settledRss(child: Child): Promise<number> {
  let before = child.rssBytes();
  for (let look = 0; look < 20; look++) {
    await pause(250);
    const now = child.rssBytes();
    if (Math.abs(now - before) < 0.005 * before) return now;
    before = now;
  }
  return before;
}

/** Waits for a client's end and for its verdict on its own run. */
export async function finished(client: Child): Promise<ChildEnd> {
  const end = await client.success();
  // wrk and autocannon tell of bad answers and end well all the same.
  const bad =
    /Non-2xx or 3xx responses: \d+|Socket errors:.*|[1-9]\d* non 2xx responses|[1-9]\S* errors/.exec(
      end.stdout + end.stderr,
    );
  if (bad !== null) throw new Error(`${client.name} had failures: ${bad[0]}`);
  return end;
}

function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return (list ?? '0').split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createTcpServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function nginxConf(port: number): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${name};`)
    .join('\n');
  return `daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events { worker_connections 4096; }
http {
  access_log off;
${temp}
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port};
    location / { default_type text/plain; return 200 "${'x'.repeat(128)}"; }
    location /status { stub_status; }
  }
}
`;
}
