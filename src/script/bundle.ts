/**
 * Binds the guest runtime and the user's files into one program. The only home of esbuild, and part
 * of the sandbox: nothing outside of the project's directories gets in, neither by import nor by
 * symbolic link, glob, tsconfig or source map. What a script imports by URL comes from `remote.ts`.
 */
import { isUtf8 } from 'node:buffer';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import { Additions } from './additions.ts';
import type { PassText } from './auto-await/auto-await.ts';
import { helpersModule, waiting } from './auto-await/waiting.ts';
import { inlineConstants } from './inline-constants.ts';
import { didYouMean } from './nearest.ts';
import { refuseBuiltin, refuseClient, refuseK6, renamedK6Module } from './refusals.ts';
import { type RemoteModule, RemoteModules, type RemoteSettings } from './remote.ts';
import { bracketDepth, withoutSourceMap } from './source.ts';
import { runtimeSourcePrefix } from './stack.ts';

export interface BundleRequest {
  /** Absolute path of the main file; with `text` it names a file that need not exist. */
  scriptPath: string;
  /** The script itself, when it did not come from a file. */
  text?: string;
  /** Messages name files relative to this directory. */
  cwd: string;
  /** How modules are had that are imported by URL. */
  remote: RemoteSettings;
}

export interface Bundle {
  code: string;
  /** JSON; sources are absolute paths, those of the runtime begin with `runtimeSourcePrefix`. */
  sourceMap: string;
  /** Undefined when the script is CommonJS, whose exports are known only once it has run. */
  exportNames: readonly string[] | undefined;
  warnings: readonly string[];
  /** The user's files that were read, absolute. */
  sources: readonly string[];
  modules: readonly [url: string, module: RemoteModule][];
}

const ownNamespace = 'vurun';
const stdinNamespace = 'stdin';
const emptyNamespace = 'vurun-empty';
const passedNamespace = 'vurun-passed';
const requiredNamespace = 'vurun-required';
const remoteNamespace = 'remote';
const problemsShown = 50;

/** What stands around a program that awaits outside of functions. An exception is one of init. */
const asyncBanner = '"use strict"; (async () => {';
const asyncFooter = '})().catch((reason) => queueMicrotask(() => { throw reason; }));';

/** What an import of a file with this extension becomes. */
const loaders: Record<string, esbuild.Loader> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.json': 'json',
  '.txt': 'text',
  '.csv': 'text',
  '.html': 'text',
  '.md': 'text',
  '.pem': 'text',
  '.graphql': 'text',
  '.gql': 'text',
  '.xml': 'text',
};
const attributeLoaders: Record<string, esbuild.Loader> = {
  json: 'json',
  text: 'text',
  bytes: 'binary',
};
/** Extensions a script's main file may have. */
export const scriptExtensions: readonly string[] = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

interface Runtime {
  dir: string;
  extension: '.js' | '.ts';
}

/** The guest runtime lies beside `src`: compiled in a package, as TypeScript in a working tree. */
function findRuntime(): Runtime {
  const dir = fileURLToPath(new URL('../../runtime', import.meta.url));
  return { dir, extension: existsSync(join(dir, 'bootstrap.js')) ? '.js' : '.ts' };
}

/** Modules scripts may import, by the name of their file in `runtime/modules`. */
export const guestModules: Readonly<Record<string, string>> = {
  vurun: 'index',
  'vurun/backoff': 'backoff',
  'vurun/crypto': 'crypto',
  'vurun/data': 'data',
  'vurun/encoding': 'encoding',
  'vurun/execution': 'execution',
  'vurun/html': 'html',
  'vurun/http': 'http',
  'vurun/ivr': 'ivr',
  'vurun/limits': 'limits',
  'vurun/load': 'load',
  'vurun/messaging': 'messaging',
  'vurun/metrics': 'metrics',
  'vurun/oauth': 'oauth',
  'vurun/pacing': 'pacing',
  'vurun/secrets': 'secrets',
  'vurun/session': 'session',
  'vurun/timers': 'timers',
  'vurun/websocket': 'websocket',
  'vurun/ws': 'ws',
};

/** k6's modules, by the name of their file in `runtime/k6`. */
export const k6Modules: Readonly<Record<string, string>> = {
  k6: 'index',
  'k6/crypto': 'crypto',
  'k6/crypto/x509': 'x509',
  'k6/data': 'data',
  'k6/encoding': 'encoding',
  'k6/experimental/csv': 'csv',
  'k6/experimental/fs': 'fs',
  'k6/experimental/streams': 'streams',
  'k6/experimental/websockets': 'websockets',
  'k6/execution': 'execution',
  'k6/html': 'html',
  'k6/http': 'http',
  'k6/metrics': 'metrics',
  'k6/secrets': 'secrets',
  'k6/timers': 'timers',
  'k6/websockets': 'websockets',
  'k6/ws': 'ws',
};

/**
 * Bundles a script. Throws a UserError (107) that lists everything wrong with it: syntax, imports
 * that cannot be found, and imports a VU cannot have, each with file, line and column.
 */
export async function bundle(request: BundleRequest): Promise<Bundle> {
  const runtime = findRuntime();
  const program = new Loading(request, runtime);
  const build: Build = (entry, format, bundle) =>
    program.build({ entryPoints: [{ in: entry, out: 'bundle' }], format, bundle });

  const whole = async (): Promise<Made> => {
    let result = await build('vurun:program', 'iife', true);
    const isCommonJs = program.mainInput(result.metafile)?.format === 'cjs';
    const { warnings } = result;
    if (isCommonJs && !program.blocks) result = await build('vurun:program-commonjs', 'iife', true);
    return { result, warnings, isCommonJs, names: undefined };
  };
  // A script that is seen to be one of k6's is bundled without the runtime first, for the pass.
  let made = (await program.mentionsK6()) ? undefined : await whole();
  if (made === undefined || program.blocks) {
    const passed = await passedProgram(program, build);
    made = passed ?? made ?? (await whole());
  }
  const { result, warnings, isCommonJs, names } = made;
  const code = outputText(result, '.js');
  if (Buffer.byteLength(code) > limits.bundleBytes) {
    throw new UserError(
      ExitCode.scriptException,
      `${program.display(request.scriptPath)}: with all it imports the script is ${mebibytes(Buffer.byteLength(code))}, and ${mebibytes(limits.bundleBytes)} is the most`,
      'read large data with open() and share it with SharedArray',
    );
  }
  const exported = isCommonJs ? undefined : (names ?? (await exportNames(build)));
  const unlocked = await program.remote.finish();
  return {
    code,
    sourceMap: program.renameSources(outputText(result, '.map')),
    exportNames: exported,
    sources: program.sources(),
    modules: await program.remote.all(),
    warnings: [
      ...warnings.map((warning) => program.describe(warning)),
      ...(unlocked === undefined ? [] : [unlocked]),
    ],
  };
}

interface Made {
  result: esbuild.BuildResult<BuildOptions>;
  warnings: readonly esbuild.Message[];
  isCommonJs: boolean;
  names: readonly string[] | undefined;
}

/** A program whose functions can be paused; undefined when none of them may have to wait. */
async function passedProgram(program: Loading, build: Build): Promise<Made | undefined> {
  const script = await program.apart(() => build('vurun:script', 'esm', true));
  if (!program.blocks) return undefined;
  const isCommonJs = program.mainInput(script.metafile)?.format === 'cjs';
  // The parser is loaded for those who need it.
  const { autoAwait } = await import('./auto-await/auto-await.ts');
  const { passed, refusals } = autoAwait(
    {
      code: outputText(script, '.js'),
      map: JSON.parse(program.renameSources(outputText(script, '.map'))) as PassText['map'],
    },
    `${runtimeSourcePrefix}compiled`,
  );
  if (refusals.length > 0) {
    const lines = refusals.map(
      ({ source, line, column, text }) => `${program.display(source)}:${line}:${column}: ${text}`,
    );
    throw new UserError(ExitCode.scriptException, lines.slice(0, problemsShown).join('\n'));
  }
  program.passed = passed;
  try {
    return {
      result: await build(isCommonJs ? 'vurun:program-passed' : 'vurun:program', 'iife', true),
      warnings: script.warnings,
      isCommonJs,
      names: isCommonJs ? undefined : exportsOf(script),
    };
  } catch (thrown) {
    // What is wrong is best said of the script as it is written.
    program.passed = undefined;
    await build('vurun:program', 'iife', true);
    throw thrown;
  }
}

type Build = (
  entry: string,
  format: 'iife' | 'esm',
  bundle: boolean,
) => Promise<esbuild.BuildResult<BuildOptions>>;

/** Whether a build failed for an `await` outside of functions. */
function awaitsOutside(thrown: unknown): boolean {
  const { errors = [] } = thrown as Partial<esbuild.BuildFailure>;
  return errors.some(({ text }) => text.startsWith('Top-level await'));
}

/** A module has names of exports only in the format that keeps them. */
async function exportNames(build: Build): Promise<string[]> {
  let result = await build('vurun:script', 'esm', false);
  // The file alone tells them all, unless it hands on those of another.
  if (/^export \*/m.test(outputText(result, '.js'))) {
    result = await build('vurun:script', 'esm', true);
  }
  return exportsOf(result);
}

function exportsOf(result: esbuild.BuildResult<BuildOptions>): string[] {
  return Object.values(result.metafile.outputs).flatMap((output) => output.exports);
}

function outputText(result: esbuild.BuildResult<BuildOptions>, extension: string): string {
  const file = result.outputFiles.find((output) => output.path.endsWith(extension));
  if (file === undefined) throw new Error(`the bundler made no ${extension} file`);
  return file.text;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

interface BuildOptions extends esbuild.BuildOptions {
  metafile: true;
  write: false;
}

/** One script on its way through the bundler: who imported what, and what was read. */
class Loading {
  readonly #request: BundleRequest;
  readonly #runtime: Runtime;
  /** The first importer of each file, for the chain in messages. */
  readonly #importers = new Map<string, string>();
  readonly #loaded = new Map<string, esbuild.OnLoadResult>();
  /** Files that were found, for the builds after the first. */
  readonly #resolved = new Map<string, esbuild.OnResolveResult>();
  readonly #roots: string[];
  readonly remote: RemoteModules;
  /** Somebody imports a module of k6 with functions that block. */
  blocks = false;
  /** The script after the pass, to be bundled in place of its files. */
  passed: PassText | undefined;
  #isApart = false;
  /** It awaits outside of functions, so that it has to be the body of an asynchronous one. */
  #awaits = false;
  readonly #additions = new Additions();

  constructor(request: BundleRequest, runtime: Runtime) {
    this.#request = request;
    this.#runtime = runtime;
    this.#roots = projectRoots(dirname(request.scriptPath), request.cwd);
    this.remote = new RemoteModules(dirname(request.scriptPath), request.remote);
  }

  async build(
    options: Pick<esbuild.BuildOptions, 'entryPoints' | 'format' | 'bundle'>,
  ): Promise<esbuild.BuildResult<BuildOptions>> {
    const inject = join(this.#runtime.dir, 'globals', `inject${this.#runtime.extension}`);
    const isProgram = options.format === 'iife';
    const awaits = isProgram && this.#awaits;
    const all: BuildOptions = {
      ...options,
      ...(awaits && { format: 'esm' as const }),
      absWorkingDir: this.#request.cwd,
      outdir: this.#request.cwd,
      write: false,
      metafile: true,
      logLevel: 'silent',
      // QuickJS knows where a call stands, but for reading a property of undefined it names the
      // function's own line: white space has to stay, or all of those errors would be in line 1.
      minify: false,
      // What was a module stays strict; a write to a frozen object must not be lost without a word.
      banner: isProgram ? { js: awaits ? asyncBanner : '"use strict";' } : {},
      footer: awaits ? { js: asyncFooter } : {},
      charset: 'utf8',
      target: 'es2023',
      platform: 'browser',
      mainFields: ['browser', 'module', 'main'],
      conditions: ['browser', 'module'],
      define: { 'process.env.NODE_ENV': '"production"' },
      resolveExtensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'],
      treeShaking: true,
      legalComments: 'none',
      sourcemap: 'external',
      sourcesContent: false,
      tsconfigRaw: { compilerOptions: { target: 'es2023', useDefineForClassFields: true } },
      inject: isProgram && existsSync(inject) ? [inject] : [],
      plugins: [{ name: 'vurun', setup: (build) => this.#plug(build) }],
    };
    try {
      const knew = this.#wanted();
      const result = await esbuild.build(all);
      // The program's entry was made before the files were read.
      const isStale = knew.join() !== this.#wanted().join() && !this.#isApart;
      return isStale ? await esbuild.build(all) : result;
    } catch (thrown) {
      if (isProgram && !awaits && awaitsOutside(thrown)) {
        this.#awaits = true;
        return await this.build(options);
      }
      throw this.#failure(thrown);
    }
  }

  /** Whether the main file looks like a script of k6's; only how it is begun depends on that. */
  async mentionsK6(): Promise<boolean> {
    const { scriptPath, text } = this.#request;
    return /['"]k6(\/|['"])/.test(text ?? (await readFile(scriptPath, 'utf8')));
  }

  /** Bundles the script without the modules of the runtime. */
  async apart<T>(make: () => Promise<T>): Promise<T> {
    this.#isApart = true;
    try {
      return await make();
    } finally {
      this.#isApart = false;
    }
  }

  /** The user's files that were read. */
  sources(): string[] {
    const all = [...this.#loaded.keys()].map((key) => key.slice(key.indexOf(':') + 1));
    return [...new Set(all)].filter((path) => !isInside(path, this.#runtime.dir));
  }

  mainInput(metafile: esbuild.Metafile): esbuild.Metafile['inputs'][string] | undefined {
    const { text, scriptPath, cwd } = this.#request;
    if (text !== undefined) return metafile.inputs[`${stdinNamespace}:${basename(scriptPath)}`];
    return Object.entries(metafile.inputs).find(([key]) => resolve(cwd, key) === scriptPath)?.[1];
  }

  /** A path as messages show it. */
  display(path: string): string {
    if (!isAbsolute(path)) return path;
    const near = relative(this.#request.cwd, path);
    return near.startsWith(`..${sep}..`) || near === '' ? path : near;
  }

  /** Makes names of sources independent of the working directory, and marks the runtime's. */
  renameSources(mapText: string): string {
    const map = JSON.parse(mapText) as { sources: string[] };
    map.sources = map.sources.map((source) => {
      const script = this.#request.scriptPath;
      if (source === `${stdinNamespace}:${basename(script)}`) return script;
      if (source.startsWith(`${ownNamespace}:`)) return `${runtimeSourcePrefix}entry`;
      if (source.startsWith(`${remoteNamespace}:`)) {
        return source.slice(remoteNamespace.length + 1);
      }
      // The pass was handed a map with these names already, which the bundler took for paths.
      const url = /^(?:.*\/)?(https?):\/+(.*)$/.exec(source);
      if (url !== null) return `${url[1]}://${url[2]}`;
      const path = resolve(this.#request.cwd, source);
      if (!isInside(path, this.#runtime.dir)) return path;
      return runtimeSourcePrefix + relative(this.#runtime.dir, path).replaceAll(sep, '/');
    });
    return JSON.stringify(map);
  }

  /** `file:line:column: message`, the line itself and a caret. */
  describe(message: esbuild.Message): string {
    const text = this.#friendlier(message.text);
    const where = message.location;
    if (where === null) return text;
    const isRemote = where.file.startsWith(`${remoteNamespace}:`);
    const file = where.file.replace(/^(stdin|remote):/, '');
    const path = isRemote ? file : resolve(this.#request.cwd, file);
    // esbuild counts columns in bytes from 0, people in characters from 1.
    const before = Buffer.from(where.lineText).subarray(0, where.column).toString();
    const shown = excerpt(where.lineText, before.length);
    const lines = [
      `${this.display(file)}:${where.line}:${before.length + 1}: ${text}${this.#chain(path)}`,
      `    ${shown.text}`,
      `    ${' '.repeat(shown.column)}^`,
    ];
    for (const note of message.notes) {
      if (note.location === null) continue;
      const at = note.location;
      // A place in our own files tells the user nothing.
      const isOwn = isInside(resolve(this.#request.cwd, at.file), this.#runtime.dir);
      lines.push(isOwn ? `  ${note.text}` : `  ${this.display(at.file)}:${at.line}: ${note.text}`);
    }
    return lines.join('\n');
  }

  /** The bundler's words for what has a reason of ours behind it. */
  #friendlier(text: string): string {
    const [, file, name] = /^No matching export in "(.+)" for import "(.+)"$/.exec(text) ?? [];
    if (file !== undefined && isInside(resolve(this.#request.cwd, file), this.#runtime.dir)) {
      const stem = basename(file, this.#runtime.extension);
      const room = basename(dirname(file)) === 'k6' ? k6Modules : guestModules;
      const own = Object.keys(room).find((specifier) => room[specifier] === stem);
      return `'${own ?? stem}' does not export '${name}'`;
    }
    return text;
  }

  /** Says by which way a file that is not the main one came into the program. */
  #chain(path: string): string {
    const way: string[] = [];
    let at = this.#importers.get(path);
    while (at !== undefined && at !== '' && way.length < 10) {
      way.unshift(this.display(at));
      at = this.#importers.get(at);
    }
    return way.length === 0 ? '' : ` (imported by ${way.join(' → ')})`;
  }

  #failure(thrown: unknown): unknown {
    const errors = (thrown as Partial<esbuild.BuildFailure>).errors;
    const script = this.display(this.#request.scriptPath);
    if (errors === undefined) {
      return new UserError(
        ExitCode.scriptException,
        `${script}: the bundler gave up on this script: ${messageOf(thrown)}`,
        'a file it imports is probably too deeply nested or too large',
      );
    }
    const sorted = [...errors].sort(
      (a, b) =>
        (a.location?.file ?? '').localeCompare(b.location?.file ?? '') ||
        (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
        (a.location?.column ?? 0) - (b.location?.column ?? 0),
    );
    const lines = sorted.slice(0, problemsShown).map((error) => this.describe(error));
    if (sorted.length > problemsShown) lines.push(`and ${sorted.length - problemsShown} more`);
    return new UserError(ExitCode.scriptException, lines.join('\n'));
  }

  #plug(build: esbuild.PluginBuild): void {
    const answered = Symbol('asked by this plugin itself');
    build.onResolve({ filter: /.*/ }, async (args) => {
      if (args.pluginData === answered) return undefined;
      // Most imports are the runtime's own, and asking the bundler back costs more than they do.
      const own = this.#within(args);
      if (own !== undefined) return own;
      try {
        return await this.#resolve(args, (path) =>
          build.resolve(path, {
            kind: args.kind,
            importer: args.importer,
            namespace: args.namespace,
            resolveDir: args.resolveDir,
            with: args.with,
            pluginData: answered,
          }),
        );
      } catch (thrown) {
        return { errors: [{ text: messageOf(thrown) }] };
      }
    });
    build.onLoad({ filter: /.*/, namespace: ownNamespace }, (args) => ({
      contents: this.#entry(args.path),
      loader: 'js',
      resolveDir: this.#runtime.dir,
    }));
    build.onLoad({ filter: /.*/, namespace: passedNamespace }, () => {
      const { code, map } = this.passed as PassText;
      const inline = Buffer.from(JSON.stringify({ version: 3, ...map })).toString('base64');
      return {
        contents: `${code}//# sourceMappingURL=data:application/json;base64,${inline}\n`,
        loader: 'js',
        resolveDir: dirname(this.#request.scriptPath),
      };
    });
    build.onLoad({ filter: /.*/, namespace: emptyNamespace }, () => ({ contents: '' }));
    build.onLoad({ filter: /.*/, namespace: requiredNamespace }, async (args) => {
      const name = JSON.stringify(args.path);
      const file = join(
        this.#runtime.dir,
        `${args.pluginData as string}${this.#runtime.extension}`,
      );
      const hasDefault = /^export default /m.test(await readFile(file, 'utf8'));
      return {
        contents: `export * from ${name};${hasDefault ? `export { default } from ${name};` : ''}`,
      };
    });
    build.onLoad({ filter: /.*/, namespace: stdinNamespace }, () => ({
      contents: this.#checked(this.#request.text as string),
      loader: 'ts',
      resolveDir: dirname(this.#request.scriptPath),
    }));
    build.onLoad({ filter: /.*/, namespace: remoteNamespace }, async (args) => {
      try {
        return await this.#loadRemote(args);
      } catch (thrown) {
        return { errors: [{ text: messageOf(thrown) }] };
      }
    });
    build.onLoad({ filter: /.*/, namespace: 'file' }, async (args) => {
      try {
        return await this.#load(args);
      } catch (thrown) {
        return { errors: [{ text: messageOf(thrown) }] };
      }
    });
  }

  /** An import of one file of the runtime by another. */
  #within({ path, importer }: esbuild.OnResolveArgs): esbuild.OnResolveResult | undefined {
    if (!path.startsWith('.') || !isInside(importer, this.#runtime.dir)) return undefined;
    const found = join(dirname(importer), path.replace(/\.ts$/, this.#runtime.extension));
    if (!this.#importers.has(found)) this.#importers.set(found, importer);
    return { path: found, sideEffects: !this.#isPure(found) };
  }

  #entry(path: string): string {
    const bootstrap = JSON.stringify(`./bootstrap${this.#runtime.extension}`);
    const installs = this.#installs(path);
    if (path === 'program-passed') {
      return `${installs}import { start } from ${bootstrap};\nimport script from 'vurun:script';
start(typeof script === 'function' ? { ...script, default: script } : script);\n`;
    }
    if (path !== 'program-commonjs') {
      return `${installs}import { start } from ${bootstrap};\nimport * as script from 'vurun:script';\nstart(script);\n`;
    }
    // What `module.exports` holds is the script; a function there is its default export.
    return `${installs}const { start } = require(${bootstrap});
const script = require('vurun:script');
start(typeof script === 'function' ? { ...script, default: script } : script);\n`;
  }

  #wanted(): string[] {
    return this.#additions.files(this.passed !== undefined);
  }

  /** What is installed before the script runs. */
  #installs(entry: string): string {
    const lines = this.#wanted().map((name, index) => {
      const file = JSON.stringify(name + this.#runtime.extension);
      return entry === 'program-commonjs'
        ? `require(${file}).install();\n`
        : `import { install as install${index} } from ${file};\ninstall${index}();\n`;
    });
    return lines.join('');
  }

  async #resolve(
    args: esbuild.OnResolveArgs,
    find: (path: string) => Promise<esbuild.ResolveResult>,
  ): Promise<esbuild.OnResolveResult> {
    const { path } = args;
    if (/^vurun:program(-commonjs|-passed)?$/.test(path)) {
      return { path: path.slice('vurun:'.length), namespace: ownNamespace };
    }
    if (path === 'vurun:script') return this.#main();
    if (path === helpersModule && args.namespace === passedNamespace) {
      return this.#runtimeFile('k6', 'compiled', args);
    }
    if (path === 'vurun' || path.startsWith('vurun/')) return this.#ownModule(path, args);
    if (path === 'k6' || path.startsWith('k6/')) return this.#k6Module(path, args);

    const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(path)?.[1]?.toLowerCase();
    if (scheme === 'node') throw new Error(refuseBuiltin(path));
    const isRemote = args.namespace === remoteNamespace;
    if (isRemote || scheme === 'http' || scheme === 'https') {
      if (!isRemote && !URL.canParse(path)) throw new Error(`'${path}' is no URL`);
      const url = isRemote ? this.remote.resolve(path, args.importer) : new URL(path).href;
      if (!this.#importers.has(url)) this.#importers.set(url, args.importer);
      return { path: url, namespace: remoteNamespace };
    }
    if (scheme !== undefined && scheme !== 'file' && scheme.length > 1) {
      throw new Error(`'${path}': a script can import files and packages, not '${scheme}:'`);
    }

    const client = refuseClient(path);
    if (client !== undefined) throw new Error(client);
    const key = `${args.kind}:${args.resolveDir}:${path}`;
    const before = args.with['type'] === undefined ? this.#resolved.get(key) : undefined;
    if (before !== undefined) return before;
    const found = await find(scheme === 'file' ? fileURLToPath(path) : path);
    if (found.errors.length > 0) {
      if (isBuiltin(path)) throw new Error(refuseBuiltin(path));
      throw new Error(this.#missing(args));
    }
    // A package may switch a module off for places without Node: `"browser": {"fs": false}`.
    if (!isAbsolute(found.path)) return { path: found.path, namespace: emptyNamespace };
    if (found.suffix !== '') {
      throw new Error(`'${path}': '${found.suffix}' means nothing here; name the file alone`);
    }
    this.#admit(found.path, path);
    if (!this.#importers.has(found.path)) this.#importers.set(found.path, args.importer);
    const resolved = {
      path: found.path,
      sideEffects: found.sideEffects && !this.#isPure(found.path),
    };
    this.#resolved.set(key, resolved);
    return resolved;
  }

  /** Guest modules and globals only declare things, so a program holds just those it uses. */
  #isPure(path: string): boolean {
    return ['modules', 'globals', 'k6'].some((room) =>
      isInside(path, join(this.#runtime.dir, room)),
    );
  }

  #main(): esbuild.OnResolveResult {
    const { scriptPath, text } = this.#request;
    this.#importers.set(scriptPath, '');
    if (this.passed !== undefined) return { path: 'script', namespace: passedNamespace };
    if (text === undefined) return { path: scriptPath };
    return { path: basename(scriptPath), namespace: stdinNamespace };
  }

  #k6Module(specifier: string, args: esbuild.OnResolveArgs): esbuild.OnResolveResult {
    const name = Object.hasOwn(k6Modules, specifier) ? k6Modules[specifier] : undefined;
    if (name === undefined) throw new Error(refuseK6(specifier));
    if (Object.hasOwn(waiting, specifier)) this.blocks = true;
    const found = this.#runtimeFile('k6', name, args);
    const renamed = renamedK6Module(specifier);
    return renamed === undefined ? found : { ...found, warnings: [{ text: renamed }] };
  }

  #runtimeFile(
    room: 'k6' | 'modules',
    name: string,
    { path: specifier, kind }: esbuild.OnResolveArgs,
  ): esbuild.OnResolveResult {
    if (this.#isApart) {
      // A module that stays outside can be imported there, but not required: it is imported on behalf.
      return kind === 'require-call'
        ? { path: specifier, namespace: requiredNamespace, pluginData: `${room}/${name}` }
        : { path: specifier, external: true, sideEffects: false };
    }
    const path = join(this.#runtime.dir, room, name + this.#runtime.extension);
    this.#importers.set(path, '');
    return { path, sideEffects: false };
  }

  #ownModule(specifier: string, args: esbuild.OnResolveArgs): esbuild.OnResolveResult {
    const name = Object.hasOwn(guestModules, specifier) ? guestModules[specifier] : undefined;
    if (name === undefined) {
      const names = Object.keys(guestModules);
      throw new Error(
        `there is no '${specifier}'${didYouMean(specifier, names)}; vurun has ${names.join(', ')}`,
      );
    }
    return this.#runtimeFile('modules', name, args);
  }

  #missing(args: esbuild.OnResolveArgs): string {
    const { path } = args;
    if (/^\.{0,2}\//.test(path) || path === '.' || path === '..') {
      const wanted = resolve(args.resolveDir, path);
      const dir = dirname(wanted);
      const files = existsSync(dir) ? readdirSync(dir) : [];
      const names = extname(path) === '' ? files.map((f) => basename(f, extname(f))) : files;
      return `cannot find '${path}'${didYouMean(basename(wanted), names)}`;
    }
    const name = path
      .split('/')
      .slice(0, path.startsWith('@') ? 2 : 1)
      .join('/');
    return `cannot find the package '${name}'; install it beside the script, or write './${path}' for a file of your own`;
  }

  /** Refuses files outside of the project. `path` has no symbolic links left in it. */
  #admit(path: string, specifier: string): void {
    if (isInside(path, this.#runtime.dir)) return;
    if (extname(path) === '.node') {
      throw new Error(`'${specifier}' is native code, and there is no Node inside a VU to load it`);
    }
    if (this.#roots.some((root) => isInside(path, root))) return;
    throw new Error(
      `'${specifier}' lies outside of the project (${this.display(path)}); run vurun from a directory that holds it and the script`,
    );
  }

  async #load(args: esbuild.OnLoadArgs): Promise<esbuild.OnLoadResult> {
    const { path } = args;
    const isOwn = isInside(path, this.#runtime.dir);
    if (!isOwn && !this.#importers.has(path)) {
      // Nobody asked for this file by name: it matched an import whose path is put together.
      throw new Error(
        `'${this.display(path)}': an import's path has to be plain text; read such files with open()`,
      );
    }
    const type = args.with['type'];
    const key = `${type ?? ''}:${path}`;
    const before = this.#loaded.get(key);
    if (before !== undefined) return before;
    const loader = type === undefined ? loaders[extname(path)] : attributeLoaders[type];
    if (loader === undefined) {
      throw new Error(
        type === undefined
          ? `vurun cannot import a '${extname(path) || basename(path)}' file; read it with open(), or import it with { type: 'text' }`
          : unknownType(type),
      );
    }
    const { size } = await stat(path);
    if (size > limits.sourceBytes) {
      throw new Error(
        `${this.display(path)} is ${mebibytes(size)}, and ${mebibytes(limits.sourceBytes)} is the most a file may have that is imported; read it with open()`,
      );
    }
    const bytes = await readFile(path);
    let contents: string | Uint8Array = bytes;
    if (loader !== 'binary') {
      if (bytes.includes(0)) throw new Error(`${this.display(path)} is not text`);
      const text = bytes.toString();
      if (isOwn) contents = inlineConstants(text);
      else contents = loader === 'text' ? text : this.#checked(text);
      if (loader === 'js' || loader === 'ts') contents = withoutSourceMap(contents);
    }
    const result: esbuild.OnLoadResult = { contents, loader, resolveDir: dirname(path) };
    this.#loaded.set(key, result);
    return result;
  }

  async #loadRemote(args: esbuild.OnLoadArgs): Promise<esbuild.OnLoadResult> {
    const { bytes, base } = await this.remote.load(args.path);
    const type = args.with['type'];
    // Whatever a module is called, k6 reads it as JavaScript: its name may be a version or a query.
    const loader =
      type === undefined
        ? (loaders[extname(new URL(base).pathname)] ?? 'js')
        : attributeLoaders[type];
    if (loader === undefined) throw new Error(unknownType(type as string));
    if (loader === 'binary') return { contents: bytes, loader };
    if (!isUtf8(bytes) || bytes.includes(0)) throw new Error(`'${args.path}' is not text in UTF-8`);
    const text = this.#checked(Buffer.from(bytes).toString());
    const isCode = loader === 'js' || loader === 'ts';
    return { contents: isCode ? withoutSourceMap(text) : text, loader };
  }

  #checked(text: string): string {
    this.#additions.look(text);
    if (bracketDepth(text, limits.bracketDepth) > limits.bracketDepth) {
      throw new Error(`brackets are nested deeper than ${limits.bracketDepth}`);
    }
    return text;
  }
}

/**
 * Directories a program's files may lie in: the script's project, the working directory when the
 * script is below it, and the package directories Node's rules would look into.
 */
function projectRoots(scriptDir: string, cwd: string): string[] {
  const above = [scriptDir];
  while (dirname(above.at(-1) as string) !== above.at(-1)) {
    above.push(dirname(above.at(-1) as string));
  }
  const project =
    above.find((dir) => existsSync(join(dir, '.git'))) ??
    above.find((dir) => existsSync(join(dir, 'package.json'))) ??
    scriptDir;
  const roots = [project, ...above.map((dir) => join(dir, 'node_modules'))];
  if (above.includes(cwd)) roots.push(cwd);
  return roots.filter((root) => existsSync(root)).map((root) => realpathSync(root));
}

function isInside(path: string, dir: string): boolean {
  return path === dir || path.startsWith(dir.endsWith(sep) ? dir : dir + sep);
}

function unknownType(type: string): string {
  return `'${type}' is no type of import; vurun has json, text and bytes`;
}

/** Part of a long line around a column. */
function excerpt(line: string, column: number): { text: string; column: number } {
  const from = Math.max(0, Math.min(column - 60, line.length - 120));
  const text = line.slice(from, from + 120).replaceAll('\t', ' ');
  return { text, column: column - from };
}

/** Binds the code of a page of vurun's own into one script for browsers, with what it imports. */
export async function bundlePage(entry: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    loader: { '.css': 'text' },
    // A report is no place for somebody else's tsconfig.
    tsconfigRaw: {},
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
