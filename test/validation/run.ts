/** Runs vurun itself against a preset, hurt where the generator is to be at fault, and reads what it says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Diagnosis } from '../../src/diagnosis/contract.ts';
import type { Hurt, Plan, Validation } from './plan.ts';

/** What differs between runs of one validation. */
export interface Conditions {
  scale: number;
  seed: number;
  /** Multiplies the users of the plan. */
  users: number;
  shape: Plan['shape'];
}

export interface Run {
  diagnosis: Diagnosis;
  /** `kind:decision` of the simulator’s ledger, and how often. */
  decisions: Readonly<Record<string, number>>;
  stderr: string;
}

/** Bundled or not, this runs in the root of the project. */
const root = process.cwd();
const vurun = join(root, 'dist/src/main.js');
const script = join(root, 'test/validation/users.ts');
const patienceMs = 200_000;

/** What cannot be done here, and why. */
export class NotPossible extends Error {}

export async function runOne(validation: Validation, conditions: Conditions): Promise<Run> {
  const { plan, preset, knobs = [], hurt = {} } = validation;
  const scale = Math.max(conditions.scale, validation.leastScale ?? 0);
  const dir = mkdtempSync(join(tmpdir(), 'vurun-validation-'));
  const undo: (() => void)[] = [() => rmSync(dir, { recursive: true, force: true })];
  try {
    const { hold, ramp, user, timeUnit, maxVUs } = plan;
    const users = Math.round(plan.users * conditions.users);
    const told: Plan = {
      ...{ users, ramp, hold, user, scale, shape: conditions.shape },
      ...(timeUnit !== undefined && { timeUnit }),
      ...(maxVUs !== undefined && { maxVUs }),
    };
    // Too few VUs are a matter of rates only.
    if (maxVUs !== undefined) told.shape = 'arrivals';
    const set = [`scale=${scale}`, `seed=${conditions.seed}`, 'dialog.timeoutMs=1h', ...knobs];
    const settings = set.flatMap((one) => ['--set', one]);
    const args = ['run', script, '--quiet', '--linger', '--no-color'];
    args.push('--summary-mode', 'disabled');
    args.push('--diagnosis-export', 'diagnosis.json', '--seed', String(conditions.seed));
    args.push('-e', `PLAN=${JSON.stringify(told)}`);
    if (hurt.bytesPerSecond !== undefined) {
      const slow = await slowWay(hurt.bytesPerSecond / scale);
      undo.push(() => slow.server.close());
      args.push('-e', `VIA=${slow.url}`);
    }
    // Limits of files are inherited, so the platform must not be a child of who has too few.
    if (hurt.files === undefined) {
      args.push('--sim', preset, ...set.flatMap((one) => ['--sim-set', one]));
    } else {
      const sim = start(['sim', '--preset', preset, '--port', '0', ...settings], {}, dir);
      undo.push(() => sim.child.kill('SIGKILL'));
      const line = await sim.says('stdout', /^.*"http".*$/m);
      const { http, ws } = JSON.parse(line) as { http: string; ws: string };
      args.push('-e', `BASE=${http}`, '-e', `BASE_WS=${ws}`);
    }
    for (let burner = 0; burner < (hurt.burners ?? 0); burner++) {
      const child = spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' });
      undo.push(() => child.kill('SIGKILL'));
    }
    const run = start(args, hurt, dir);
    undo.push(() => run.child.kill('SIGKILL'));
    const base = /http:\/\/[\d.]+:\d+/.exec(await run.says('stderr', /simulator http:\S+/))?.[0];
    await run.says('stderr', /vurun lingers/);
    const diagnosis = JSON.parse(readFileSync(join(dir, 'diagnosis.json'), 'utf8')) as Diagnosis;
    // From outside one does not see into a network namespace.
    const decisions =
      hurt.ports === undefined
        ? ((await (await fetch(`${base}/__sim/state`)).json()) as Pick<Run, 'decisions'>).decisions
        : {};
    run.child.kill('SIGINT');
    return { diagnosis, decisions, stderr: run.heard.stderr };
  } finally {
    for (const one of undo.reverse()) one();
  }
}

interface Started {
  child: ChildProcess;
  heard: { stdout: string; stderr: string };
  /** Waits for a text. */
  says(where: 'stdout' | 'stderr', what: RegExp): Promise<string>;
}

function start(args: readonly string[], hurt: Hurt, cwd: string): Started {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VURUN_|NODE_OPT|VIT)/.test(name));
  const env = { ...Object.fromEntries(kept), VURUN_NO_RESULT: '1' };
  const command = [process.execPath, vurun, ...args];
  const wrapped =
    hurt.files !== undefined
      ? ['sh', '-c', `ulimit -n ${hurt.files} && exec "$@"`, 'sh', ...command]
      : hurt.ports !== undefined
        ? [
            ...['unshare', '-rn', 'sh', '-c'],
            `ip link set lo up && echo 40000 ${40_000 + hurt.ports} > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"`,
            ...['sh', ...command],
          ]
        : command;
  const child = spawn(wrapped[0] as string, wrapped.slice(1), { cwd, env });
  const heard = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text;
      tell();
    });
  }
  let ended: string | undefined;
  const end = (how: string): void => {
    ended = how;
    tell();
  };
  child.on('error', ({ message }) => end(message));
  child.on('close', (code) => end(`exit code ${code}`));
  const timer = setTimeout(() => end('it takes too long'), patienceMs);
  child.on('close', () => clearTimeout(timer));
  return {
    child,
    heard,
    says: (where, what) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = what.exec(heard[where])?.[0];
          if (found === undefined && ended === undefined) return;
          listeners.delete(look);
          if (found !== undefined) resolve(found);
          else if (/unshare|Operation not permitted/.test(heard.stderr)) {
            reject(new NotPossible(heard.stderr.trim().split('\n')[0]));
          } else reject(new Error(`${ended}: ${heard.stdout}${heard.stderr}`.slice(0, 2_000)));
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Forwards what clients send at a crawl, and at once what comes back. */
async function slowWay(bytesPerSecond: number): Promise<{ url: string; server: Server }> {
  const timers = new WeakMap<object, NodeJS.Timeout>();
  const server = createServer((client) => {
    client.once('data', (head) => {
      const to = /x-to: http:\/\/([\d.]+):(\d+)/i.exec(head.toString('latin1'));
      const target = connect(Number(to?.[2]), to?.[1] ?? '127.0.0.1');
      target.on('error', () => client.destroy());
      client.on('error', () => target.destroy());
      client.on('close', () => target.destroy());
      target.on('close', () => client.end());
      target.on('data', (data) => client.write(data));
      client.pause();
      const crawl = (data: Buffer): void => {
        target.write(data);
        client.pause();
        const timer = setTimeout(() => client.resume(), (data.length * 1_000) / bytesPerSecond);
        timers.set(client, timer);
      };
      client.on('close', () => clearTimeout(timers.get(client)));
      client.on('data', crawl);
      crawl(head);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { port: number };
  return { url: `http://127.0.0.1:${address.port}`, server };
}
