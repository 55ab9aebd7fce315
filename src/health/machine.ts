/** What this machine lets one process have, as far as it says so. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Whatever is absent is not known here, and nothing is concluded from it. */
export interface Machine {
  /** Files, sockets among them, the process may have open. */
  openFiles?: number;
  /** Local ports there are for connections to one address and port, from one local address. */
  localPorts?: number;
  /** Bytes this process may still take before the system or its control group runs out. */
  freeMemoryBytes?: number;
}

/** Reads the machine's files as Linux has them. `root` is the folder they lie in. */
export function readMachine(root = '/'): Machine {
  const read = (path: string): string => {
    try {
      return readFileSync(join(root, path), 'utf8');
    } catch {
      return '';
    }
  };
  const openFiles = number(/^Max open files\s+(\d+)/m.exec(read('proc/self/limits'))?.[1]);
  const ports = /^(\d+)\s+(\d+)/.exec(read('proc/sys/net/ipv4/ip_local_port_range'));
  const available = number(/^MemAvailable:\s+(\d+) kB/m.exec(read('proc/meminfo'))?.[1]);
  const free = [...(available === undefined ? [] : [available * 1024]), ...groupsFree(read)];
  return {
    ...(openFiles === undefined ? {} : { openFiles }),
    ...(ports === null ? {} : { localPorts: Number(ports[2]) - Number(ports[1]) + 1 }),
    ...(free.length === 0 ? {} : { freeMemoryBytes: Math.max(0, Math.min(...free)) }),
  };
}

/** What is free in each control group with a bound that holds this process, of either version. */
function groupsFree(read: (path: string) => string): number[] {
  const groups = read('proc/self/cgroup');
  const second = /^0::(.*)$/m.exec(groups)?.[1];
  const first = /^\d+:(?:\S*,)?memory(?:,\S*?)?:(.*)$/m.exec(groups)?.[1];
  return [
    ...withParents(second).map((path) =>
      groupFree(read, join('sys/fs/cgroup', path), 'memory.max', 'memory.current', 'inactive_file'),
    ),
    ...withParents(first).map((path) =>
      groupFree(
        read,
        join('sys/fs/cgroup/memory', path),
        'memory.limit_in_bytes',
        'memory.usage_in_bytes',
        'total_inactive_file',
      ),
    ),
  ].filter((bytes) => bytes !== undefined);
}

/** A group and all it lies in. Inside a container its own group is mounted as the root. */
function withParents(path: string | undefined): string[] {
  if (path === undefined) return [];
  const up = dirname(path);
  return up === path ? [path] : [path, ...withParents(up)];
}

function groupFree(
  read: (path: string) => string,
  folder: string,
  limitFile: string,
  usageFile: string,
  idleCache: string,
): number | undefined {
  const most = number(read(join(folder, limitFile)).trim());
  const used = number(read(join(folder, usageFile)).trim());
  if (most === undefined || used === undefined) return undefined;
  // Files that nobody looks at any more count as used, and make room when it is needed.
  const idle = new RegExp(`^${idleCache} (\\d+)$`, 'm').exec(read(join(folder, 'memory.stat')));
  return most - used + (number(idle?.[1]) ?? 0);
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
