/**
 * Modules a script imports by URL: fetched when the script is bundled, never while it runs. What came
 * is kept by its hash in a directory of the user's, and the hash in the lock file beside the script.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// oxlint-disable-next-line no-restricted-imports -- its other home: proxies, which Node's own fetch does not know
import type { EnvHttpProxyAgent } from 'undici';
import { messageOf } from '../errors.ts';
import { limits } from '../limits.ts';
import { type LockedModule, lockName, readLock, writeLock } from './lock-file.ts';

export interface RemoteSettings {
  /** Where fetched modules are kept; undefined keeps none. */
  cacheDir: string | undefined;
  /** Nothing is fetched: what is not kept already is an error. */
  offline: boolean;
  /** Everything is fetched anew, and what has changed is accepted. */
  update: boolean;
  /** Proxies, as the environment names them. */
  httpProxy?: string | undefined;
  httpsProxy?: string | undefined;
  noProxy?: string | undefined;
}

export interface RemoteModule {
  /** Where it came from in the end, which is where its relative imports start. */
  base: string;
  bytes: Uint8Array;
}

/** The remote modules of one script. */
export class RemoteModules {
  readonly #dir: string;
  readonly #settings: RemoteSettings;
  readonly #modules = new Map<string, Promise<RemoteModule>>();
  readonly #bases = new Map<string, string>();
  #lock: Map<string, LockedModule> | undefined;
  #isChanged = false;
  #agent: EnvHttpProxyAgent | undefined;

  /** `dir` holds the lock file. */
  constructor(dir: string, settings: RemoteSettings) {
    this.#dir = dir;
    this.#settings = settings;
  }

  /** The address an import in the module `url` means; throws an Error for what such a module may not import. */
  resolve(specifier: string, url: string): string {
    const isPath = /^\.{0,2}\//.test(specifier);
    if (!isPath && !URL.canParse(specifier)) {
      throw new Error(
        `'${specifier}': a module from a URL can import k6's and vurun's modules and other URLs, no packages`,
      );
    }
    const base = this.#bases.get(url) ?? url;
    const found = new URL(specifier, base);
    if (found.protocol !== 'https:' && found.protocol !== 'http:') {
      throw new Error(
        `'${specifier}': a module from a URL cannot import from '${found.protocol}' (it came from ${base})`,
      );
    }
    if (found.protocol === 'http:' && base.startsWith('https:')) {
      throw new Error(`'${specifier}': a module that came over https cannot import over http`);
    }
    return found.href;
  }

  /** The module behind a URL. Throws an Error with a sentence when it cannot be had or has changed. */
  load(url: string): Promise<RemoteModule> {
    let module = this.#modules.get(url);
    if (module === undefined) this.#modules.set(url, (module = this.#load(url)));
    return module;
  }

  async #load(url: string): Promise<RemoteModule> {
    this.#lock ??= readLock(this.#dir);
    const { offline, update } = this.#settings;
    const locked = this.#lock.get(url);
    const kept = locked && this.#kept(locked.sha256);
    if (locked !== undefined && kept !== undefined && (offline || !update)) {
      return this.#found(url, locked.from ?? url, kept);
    }
    if (offline) {
      throw new Error(
        `'${url}' is not there offline: ${locked === undefined ? `${lockName} does not know it` : 'it is not in the cache of this machine'}; run once without --offline`,
      );
    }
    const { base, bytes } = await this.#fetch(url);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (locked !== undefined && locked.sha256 !== sha256 && !update) {
      throw new Error(
        `'${url}' is not what it was: its sha256 is ${sha256}, and ${lockName} holds ${locked.sha256}; ` +
          'if you trust the change, run once with --update-imports',
      );
    }
    const from = base === url ? {} : { from: base };
    if (locked?.sha256 !== sha256 || locked.from !== from.from) {
      this.#lock.set(url, { sha256, ...from });
      this.#isChanged = true;
    }
    this.#keep(sha256, bytes);
    return this.#found(url, base, bytes);
  }

  #found(url: string, base: string, bytes: Uint8Array): RemoteModule {
    this.#bases.set(url, base);
    return { base, bytes };
  }

  #kept(sha256: string): Uint8Array | undefined {
    if (this.#settings.cacheDir === undefined) return undefined;
    try {
      const bytes = readFileSync(join(this.#settings.cacheDir, sha256));
      // A file somebody has changed is as good as none.
      return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  #keep(sha256: string, bytes: Uint8Array): void {
    const { cacheDir } = this.#settings;
    if (cacheDir === undefined) return;
    try {
      mkdirSync(cacheDir, { recursive: true });
      // Runs side by side write the same file: each its own, and one after the other into place.
      const own = join(cacheDir, `${sha256}.${randomUUID()}`);
      writeFileSync(own, bytes);
      renameSync(own, join(cacheDir, sha256));
    } catch {
      // The next run fetches once more; this one has what it needs.
    }
  }

  async #fetch(url: string): Promise<RemoteModule> {
    // Most scripts fetch nothing, and need not wait for a client to be loaded.
    // oxlint-disable-next-line no-restricted-imports -- as above
    const { EnvHttpProxyAgent, fetch } = await import('undici');
    const { httpProxy, httpsProxy, noProxy } = this.#settings;
    this.#agent ??= new EnvHttpProxyAgent({
      ...(httpProxy === undefined ? {} : { httpProxy }),
      ...(httpsProxy === undefined ? {} : { httpsProxy }),
      ...(noProxy === undefined ? {} : { noProxy }),
    });
    let status: number;
    let base: string;
    let type: string;
    let bytes: Uint8Array;
    try {
      const response = await fetch(url, {
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(limits.remoteModuleMs),
      });
      ({ status, url: base } = response);
      type = response.headers.get('content-type') ?? '';
      bytes = await read(response.body);
    } catch (thrown) {
      // fetch hides the reason one below its "fetch failed".
      const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
      const reason =
        thrown instanceof Error && thrown.name === 'TimeoutError'
          ? `no answer within ${limits.remoteModuleMs / 1000} seconds`
          : messageOf(cause) || String((cause as NodeJS.ErrnoException).code);
      throw new Error(`'${url}' cannot be fetched: ${reason}`);
    }
    if (status !== 200) throw new Error(`'${url}' cannot be fetched: the server answers ${status}`);
    if (url.startsWith('https:') && !base.startsWith('https:')) {
      throw new Error(`'${url}' cannot be fetched: the server sends us on to ${base}, without TLS`);
    }
    if (/^text\/html\b/i.test(type)) {
      throw new Error(`'${url}' is a web page, not a module; name the raw file`);
    }
    return { base, bytes };
  }

  /** All modules that were asked for, by URL. */
  async all(): Promise<[url: string, module: RemoteModule][]> {
    const all: [string, RemoteModule][] = [];
    for (const [url, module] of this.#modules) all.push([url, await module]);
    return all;
  }

  /** Ends what fetching left open, and writes the lock file when it changed. Gives a warning when it cannot. */
  async finish(): Promise<string | undefined> {
    await this.#agent?.close();
    this.#agent = undefined;
    if (this.#lock === undefined || !this.#isChanged) return undefined;
    try {
      writeLock(this.#dir, this.#lock);
      this.#isChanged = false;
      return undefined;
    } catch (thrown) {
      return `cannot write ${join(this.#dir, lockName)}, so that a change of the modules from the network will go unnoticed: ${messageOf(thrown)}`;
    }
  }
}

async function read(body: AsyncIterable<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > limits.sourceBytes) {
      throw new Error(`it is larger than ${limits.sourceBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
