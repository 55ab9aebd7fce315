/** The programs vurun is measured beside, and how to come by them. */
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type PeerName = 'wrk' | 'autocannon' | 'k6' | 'nginx' | 'taskset';

interface Peer {
  find(): string | undefined;
  /** What its absence changes, and how to get it; one line. */
  absent: string;
}

const root = join(import.meta.dirname, '../..');

/** Raw undici and raw ws need no line: they are dependencies, and clients of ours drive them. */
const peers: Readonly<Record<PeerName, Peer>> = {
  wrk: {
    find: () => onPath('wrk'),
    absent: 'wrk is not here and is left out; ratios are to raw undici (apt-get install wrk)',
  },
  autocannon: {
    find: () => {
      const local = join(root, 'node_modules/.bin/autocannon');
      return existsSync(local) ? local : onPath('autocannon');
    },
    absent: 'autocannon is not here and is left out (npm install --global autocannon)',
  },
  k6: {
    find: () => executable(process.env['K6_BIN']),
    absent:
      'k6 is not here and is left out: set K6_BIN to the path of its binary (grafana.com/docs/k6)',
  },
  nginx: {
    find: () => onPath('nginx') ?? executable('/usr/sbin/nginx'),
    absent: 'nginx is not here: the target is a Node server (apt-get install nginx)',
  },
  taskset: {
    find: () => onPath('taskset'),
    absent: 'taskset is not here: target and client share cores (apt-get install util-linux)',
  },
};

function executable(path: string | undefined): string | undefined {
  if (path === undefined || path === '') return undefined;
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => executable(join(folder, name)))
    .find((path) => path !== undefined);
}

const told = new Set<PeerName>();

/** The program's path, or undefined after saying once, aloud, that it is missing. */
export function findPeer(name: PeerName, say: (line: string) => void): string | undefined {
  const path = peers[name].find();
  if (path === undefined && !told.has(name)) {
    told.add(name);
    say(peers[name].absent);
  }
  return path;
}
