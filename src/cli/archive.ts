/**
 * Archives: a script with all it needs, in one tar file of k6's layout. `data` is the script,
 * `file/…` are files by their absolute path, `https/…` modules by their URL, and `metadata.json`
 * says how it was to run.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { extract, pack } from 'tar-stream';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import { writeLock } from '../script/lock-file.ts';
import type { RemoteModule } from '../script/remote.ts';

export interface ArchiveContent {
  /** Absolute path of the main script. */
  scriptPath: string;
  /** Where the script was run from. */
  cwd: string;
  options: Readonly<Record<string, unknown>>;
  env: Readonly<Record<string, string>>;
  version: string;
  /** By absolute path; the script is among them. */
  files: ReadonlyMap<string, Uint8Array>;
  modules: ReadonlyMap<string, RemoteModule>;
}

interface Metadata {
  filename: string;
  pwd: string;
  options: Record<string, unknown>;
  env: Record<string, string>;
  modules: Record<string, { entry: string; sha256: string; from?: string }>;
}

/** The bytes of an archive. */
export async function packArchive(content: ArchiveContent): Promise<Uint8Array> {
  const modules = [...content.modules].map(([url, { base, bytes }]) => ({
    url,
    bytes,
    locked: {
      entry: url.replace(':/', ''),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...(base === url ? {} : { from: base }),
    },
  }));
  const metadata = {
    type: 'js',
    options: content.options,
    filename: pathToFileURL(content.scriptPath).href,
    pwd: pathToFileURL(content.cwd).href,
    env: content.env,
    compatibilityMode: 'extended',
    vurunVersion: content.version,
    goos: process.platform,
    dependencies: {},
    modules: Object.fromEntries(modules.map(({ url, locked }) => [url, locked])),
  };
  const tar = pack();
  const chunks: Uint8Array[] = [];
  const read = (async () => {
    for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  })();
  // No times and owners: the same script makes the same archive.
  const add = (name: string, bytes: Uint8Array | string) =>
    tar.entry({ name, mtime: new Date(0) }, Buffer.from(bytes));
  add('metadata.json', `${JSON.stringify(metadata, undefined, 2)}\n`);
  for (const [path, bytes] of content.files) {
    if (path !== content.scriptPath) continue;
    add('data', bytes);
    tar.entry({ name: `file${path}`, type: 'link', linkname: 'data', mtime: new Date(0) });
  }
  for (const [path, bytes] of content.files) {
    if (path !== content.scriptPath) add(`file${path}`, bytes);
  }
  for (const { locked, bytes } of modules) add(locked.entry, bytes);
  tar.finalize();
  await read;
  return Buffer.concat(chunks);
}

/** An archive laid out in a directory of its own. */
export interface OpenArchive {
  /** The directory that stands for the root of the machine the archive was made on. */
  root: string;
  /** The script, and where it was run from, below the root. */
  scriptPath: string;
  cwd: string;
  cacheDir: string;
  options: Record<string, unknown>;
  env: Record<string, string>;
  /** Deletes the directory. */
  dispose(): Promise<void>;
}

/** Unpacks an archive. Throws a UserError (255) when it is none. */
export async function openArchive(path: string, shown: string): Promise<OpenArchive> {
  const dir = await mkdtemp(join(tmpdir(), 'vurun-archive-'));
  const dispose = () => rm(dir, { recursive: true, force: true });
  try {
    const entries = await readEntries(path);
    const text = entries.get('metadata.json');
    if (text === undefined) throw new Error('it has no metadata.json');
    const metadata = JSON.parse(Buffer.from(text).toString()) as Metadata;
    const root = join(dir, 'file');
    const cacheDir = join(dir, 'modules');
    const scriptPath = join(root, fileURLToPath(metadata.filename));
    await mkdir(cacheDir);
    await mkdir(dirname(scriptPath), { recursive: true });
    for (const [name, bytes] of entries) {
      if (!name.startsWith('file/')) continue;
      const to = join(dir, name);
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, bytes);
    }
    const modules = new Map(Object.entries(metadata.modules ?? {}));
    for (const { entry, sha256 } of modules.values()) {
      await writeFile(join(cacheDir, sha256), entries.get(entry) ?? '');
    }
    if (modules.size > 0) {
      const locked = [...modules].map(
        ([url, { sha256, from }]) =>
          [url, from === undefined ? { sha256 } : { sha256, from }] as const,
      );
      writeLock(dirname(scriptPath), new Map(locked));
    }
    const { options, env } = metadata;
    const cwd = join(root, fileURLToPath(metadata.pwd));
    return { root, scriptPath, cwd, cacheDir, options, env: env ?? {}, dispose };
  } catch (thrown) {
    await dispose();
    throw new UserError(
      ExitCode.usage,
      `'${shown}' cannot be run as an archive: ${messageOf(thrown)}`,
      'make one with `vurun archive script.js`',
    );
  }
}

async function readEntries(path: string): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  let size = 0;
  const tar = extract();
  tar.on('entry', (header, stream, next) => {
    const chunks: Uint8Array[] = [];
    stream.on('data', (data) => {
      const chunk = data as Uint8Array;
      size += chunk.length;
      if (size > limits.archiveBytes) tar.destroy(new Error('it is too large'));
      chunks.push(chunk);
    });
    stream.on('end', () => {
      // A name that leads out of the directory, or a link to elsewhere, is no name of an archive's.
      const isInside = normalize(header.name) === header.name && !/^(\.\.|\/)/.test(header.name);
      if (header.type === 'link') {
        entries.set(header.name, entries.get(header.linkname ?? '') ?? new Uint8Array());
      } else if (header.type === 'file') entries.set(header.name, Buffer.concat(chunks));
      next(isInside ? undefined : new Error(`an entry is called '${header.name}'`));
    });
    stream.resume();
  });
  await pipeline(createReadStream(path), tar);
  return entries;
}
