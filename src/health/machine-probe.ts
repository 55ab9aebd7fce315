import { readdirSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { MachineHealth } from './contract.ts';
import { type Machine, readMachine } from './machine.ts';

/** What runs here, for whoever reads the numbers later. */
export interface ThisMachine {
  node: string;
  platform: string;
  processors: number;
  memory: number;
}

export function thisMachine(): ThisMachine {
  return {
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    processors: availableParallelism(),
    memory: totalmem(),
  };
}

interface Counters {
  at: number;
  process: number;
  hostBusy: number | undefined;
  hostAll: number | undefined;
  throttled: number | undefined;
}

/** Above so many open files they are counted every few seconds only: listing them costs. */
const manyFiles = 5_000;

/** Reads process and machine, as Linux has them; what is not there is left out. `root` is where its files lie. */
export class MachineProbe {
  readonly #root: string;
  readonly #machine: Machine;
  #before: Counters;
  #files: number | undefined;
  #turn = 0;
  #rss = 0;

  constructor(root = '/') {
    this.#root = root;
    this.#machine = readMachine(root);
    this.#before = this.#counters();
  }

  /** The time since the last call. */
  take(): MachineHealth {
    const before = this.#before;
    const now = this.#counters();
    this.#before = now;
    const seconds = Math.max(1e-3, (now.at - before.at) / 1_000);
    const sockets = this.#read('proc/net/sockstat');
    const timeWait = whole(/^TCP:.*\btw (\d+)/m.exec(sockets)?.[1]);
    const used = whole(/^TCP: inuse (\d+)/m.exec(sockets)?.[1]);
    const files = this.#openFiles();
    const { openFiles, localPorts } = this.#machine;
    const all = difference(now.hostAll, before.hostAll);
    const busy = difference(now.hostBusy, before.hostBusy);
    const throttled = difference(now.throttled, before.throttled);
    return {
      cpu: (now.process - before.process) / seconds,
      ...(all !== undefined && busy !== undefined && all > 0 && { hostCpu: busy / all }),
      ...(throttled !== undefined && { throttled }),
      rss: this.#memory(),
      ...(files !== undefined && { files }),
      ...(openFiles !== undefined && { fileLimit: openFiles }),
      ...(used !== undefined && timeWait !== undefined && { ports: used + timeWait, timeWait }),
      ...(localPorts !== undefined && { portRange: localPorts }),
    };
  }

  /** Node reads a file for it, too, and throws where no further one may be opened. */
  #memory(): number {
    try {
      this.#rss = process.memoryUsage.rss();
    } catch {
      // What was last seen is near enough.
    }
    return this.#rss;
  }

  #counters(): Counters {
    const { user, system } = process.cpuUsage();
    const fields = /^cpu\s+(.*)$/m.exec(this.#read('proc/stat'))?.[1]?.split(/\s+/).map(Number);
    // user nice system idle iowait irq softirq steal: what others took from us (steal) is busy, too.
    const all = fields?.slice(0, 8).reduce((sum, value) => sum + value, 0);
    const idle = (fields?.[3] ?? 0) + (fields?.[4] ?? 0);
    const group = /^0::(.*)$/m.exec(this.#read('proc/self/cgroup'))?.[1] ?? '/';
    const stat =
      this.#read(join('sys/fs/cgroup', group, 'cpu.stat')) || this.#read('sys/fs/cgroup/cpu.stat');
    return {
      at: performance.now(),
      process: (user + system) / 1e6,
      hostAll: all,
      hostBusy: all === undefined ? undefined : all - idle,
      throttled: whole(/^nr_throttled (\d+)/m.exec(stat)?.[1]),
    };
  }

  #openFiles(): number | undefined {
    if ((this.#files ?? 0) > manyFiles && this.#turn++ % 5 !== 0) return this.#files;
    try {
      this.#files = readdirSync(join(this.#root, 'proc/self/fd')).length;
    } catch {
      // A process that has no file left cannot even list those it has.
      this.#files = this.#machine.openFiles;
    }
    return this.#files;
  }

  #read(path: string): string {
    try {
      return readFileSync(join(this.#root, path), 'utf8');
    } catch {
      return '';
    }
  }
}

function whole(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function difference(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined ? undefined : Math.max(0, now - before);
}
