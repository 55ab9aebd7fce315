/** Taste as a test: floors, homes of libraries, tables, bounds. The map itself is ARCHITECTURE.md. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const sources = [...filesUnder('src'), ...filesUnder('runtime')];
const textOf = new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));

interface Import {
  from: string;
  to: string;
}

const imports: Import[] = sources.flatMap((from) =>
  [
    ...(textOf.get(from) as string).matchAll(
      /^(?:import|export) [^'\n]*from '([^'\n]+)'|^import '([^'\n]+)'|^\} from '([^'\n]+)'|\bimport\('([^'\n]+)'\)/gm,
    ),
  ].map((match) => ({ from, to: match.slice(1).find((text) => text !== undefined) as string })),
);

/** The repository path of a relative import. */
function target({ from, to }: Import): string | undefined {
  return to.startsWith('.') ? relative(root, resolve(root, dirname(from), to)) : undefined;
}

function roomOf(path: string): string {
  const [top, room, more] = path.split('/') as [string, string, string?];
  return top === 'src' && more !== undefined ? room : 'leaf';
}

/** Who stands on whose shoulders. A room imports from lower floors only, and not from its own. */
const floors: Record<string, number> = {
  leaf: 0,
  attempts: 1,
  health: 1,
  citizen: 1,
  crypto: 1,
  html: 1,
  metrics: 1,
  sandbox: 1,
  script: 1,
  simulator: 1,
  diagnosis: 2,
  protocols: 2,
  executors: 2,
  results: 3,
  report: 4,
  vu: 3,
  bus: 4,
  outputs: 5,
  shard: 5,
  coordinator: 6,
  cli: 7,
};

/** Each outside library, and where it is at home. */
const homes: Record<string, RegExp> = {
  'quickjs-emscripten': /^src\/sandbox\/quickjs\.ts$/,
  '@jitl/quickjs-ng-wasmfile-release-sync': /^src\/sandbox\/quickjs\.ts$/,
  acorn: /^src\/script\/auto-await\//,
  undici: /^src\/(protocols\/http\/|script\/remote\.ts$|outputs\/http-post\.ts$)/,
  snappyjs: /^src\/outputs\/prometheus\.ts$/,
  '@opentelemetry/api': /^src\/outputs\/opentelemetry\.ts$/,
  '@opentelemetry/exporter-metrics-otlp-proto': /^src\/outputs\/opentelemetry\.ts$/,
  '@opentelemetry/resources': /^src\/outputs\/opentelemetry\.ts$/,
  '@opentelemetry/sdk-metrics': /^src\/outputs\/opentelemetry\.ts$/,
  ws: /^src\/(protocols\/websocket|simulator)\//,
  esbuild: /^src\/script\/bundle\.ts$/,
  'hdr-histogram-js': /^src\/metrics\/trend\.ts$/,
  'csv-parse': /^src\/vu\/csv\.ts$/,
  parse5: /^src\/html\//,
  'parse5-htmlparser2-tree-adapter': /^src\/html\//,
  domhandler: /^src\/html\//,
  'css-select': /^src\/html\//,
  'tar-stream': /^src\/cli\/archive\.ts$/,
  uplot: /^src\/report\/page\/(chart|page)\.ts$/,
  commander: /^src\/cli\/program\.ts$/,
};

describe('the house', () => {
  it('has a floor for every room', () => {
    const rooms = new Set(sources.filter((p) => p.startsWith('src/')).map(roomOf));
    expect([...rooms].filter((room) => !(room in floors))).toEqual([]);
  });

  it('imports downwards only', () => {
    const upwards = imports.filter((one) => {
      const to = target(one);
      if (to === undefined || !to.startsWith('src/') || one.from === 'src/main.ts') return false;
      const [a, b] = [roomOf(one.from), roomOf(to)];
      return a !== b && (floors[b] as number) >= (floors[a] as number);
    });
    expect(upwards.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('keeps guest and host apart: they share the contract and nothing else', () => {
    const across = imports.filter((one) => {
      const to = target(one);
      if (one.from.startsWith('runtime/')) return to === undefined || !to.startsWith('runtime/');
      return to?.startsWith('runtime/') === true && !to.startsWith('runtime/contract/');
    });
    expect(across.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('keeps each outside library in its home', () => {
    const strays = imports.filter(({ from, to }) => {
      if (to.startsWith('.') || to.startsWith('node:') || from.startsWith('runtime/')) return false;
      // What it holds are scripts.
      if (from === 'src/cli/templates.ts') return false;
      const name = to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : to.split('/')[0];
      return homes[name as string]?.test(from) !== true;
    });
    expect(strays.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('touches the process in the command line only', () => {
    // Time and entropy are facts of the machine, not of the street; the doorman is a process.
    const allowed =
      /^src\/(cli\/|main\.ts|clock\.ts|script\/load\.ts|health\/machine-probe\.ts|simulator\/doorman\.ts)/;
    const touching = sources.filter(
      (path) =>
        !allowed.test(path) &&
        path.startsWith('src/') &&
        /(?<![.\w'])process\.(?!env\.NODE_ENV|platform)\w+/.test(
          withoutComments(textOf.get(path) as string),
        ),
    );
    expect(touching).toEqual([]);
  });

  it('enters guests in one place', () => {
    const entering = sources.filter((path) =>
      /\.(deliver|runJobs|evaluate)\((this\.)?#?guest/.test(textOf.get(path) as string),
    );
    expect(entering.filter((path) => !path.startsWith('src/sandbox/'))).toEqual(['src/vu/vu.ts']);
  });

  it('lists every executor, protocol and guest module in its table', () => {
    const table = (path: string): string => readFileSync(join(root, path), 'utf8');
    const shared = new Set([
      'arrivals',
      'contract',
      'executors',
      'looping',
      'pacing',
      'part',
      'schedule',
      'share',
      'stalls',
      'halt',
    ]);
    for (const path of sources.filter((p) => p.startsWith('src/executors/'))) {
      const name = path.slice('src/executors/'.length, -3);
      if (!shared.has(name)) expect(table('src/executors/executors.ts')).toContain(`'${name}'`);
    }
    for (const name of readdirSync(join(root, 'src/protocols'))) {
      if (statSync(join(root, 'src/protocols', name)).isDirectory()) {
        expect(table('src/protocols/protocols.ts')).toContain(`./${name}/`);
      }
    }
  });

  it('answers every op on the host and asks it in the guest', () => {
    const ops = /export const Op = \{([\s\S]*?)\n\} as const/.exec(
      textOf.get('runtime/contract/ops.ts') as string,
    );
    const names = [...(ops?.[1] ?? '').matchAll(/^ {2}(\w+): \d+,/gm)].map((m) => m[1] as string);
    expect(names.length).toBeGreaterThan(40);
    const uses = (side: string, name: string): boolean =>
      sources.some(
        (path) =>
          path.startsWith(side) &&
          path !== 'runtime/contract/ops.ts' &&
          new RegExp(`\\bOp\\.${name}\\b`).test(textOf.get(path) as string),
      );
    expect(names.filter((name) => !uses('src/', name) || !uses('runtime/', name))).toEqual([]);
  });

  it('uses every limit it names', () => {
    const names = [...(textOf.get('src/limits.ts') as string).matchAll(/^ {2}(\w+): /gm)].map(
      (m) => m[1] as string,
    );
    const used = (name: string): boolean =>
      sources.some((path) => new RegExp(`limits\\.${name}\\b`).test(textOf.get(path) as string));
    expect(names.filter((name) => !used(name))).toEqual([]);
  });

  it('leaves no unfinished business in comments', () => {
    const marked = sources.filter((path) =>
      /\b(TODO|FIXME|XXX|HACK)\b/.test(textOf.get(path) as string),
    );
    expect(marked).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
