import { isUtf8 } from 'node:buffer';
import { readdirSync, realpathSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { ExitCode, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import { bundle, scriptExtensions } from './bundle.ts';
import { nearest } from './nearest.ts';
import type { Program } from './program.ts';
import type { RemoteSettings } from './remote.ts';

/** The name a script from standard input goes by. */
const stdinName = 'stdin.ts';

/**
 * Reads a script and everything it imports into one program. `-` reads `stdin`.
 *
 * Throws a UserError: 255 when the file cannot be had or exports nothing, 107 when it cannot be
 * compiled.
 */
export async function loadProgram(
  scriptArg: string,
  cwd: string,
  stdin: AsyncIterable<Uint8Array | string> = process.stdin,
  remote: RemoteSettings = { cacheDir: undefined, offline: false, update: false },
): Promise<Program> {
  // Symbolic links are resolved here, once, so that the bundler's paths and ours agree.
  const realCwd = realpathSync(cwd);
  const isStdin = scriptArg === '-';
  const scriptPath = isStdin
    ? join(realCwd, stdinName)
    : await findScript(scriptArg, resolve(realCwd, scriptArg));
  const text = isStdin
    ? textOf(await collect(stdin), 'the script from standard input')
    : textOf(await readFile(scriptPath), `the script '${scriptArg}'`);
  const made = await bundle({ scriptPath, cwd: realCwd, remote, ...(isStdin ? { text } : {}) });
  if (made.exportNames?.length === 0) {
    throw new UserError(
      ExitCode.usage,
      `no exported functions in script '${scriptArg}'`,
      'write `export default function () { … }`: this function is what a VU runs',
    );
  }
  return {
    scriptPath,
    scriptDir: dirname(scriptPath),
    sources: made.sources,
    modules: made.modules,
    code: made.code,
    sourceMap: made.sourceMap,
    exportNames: made.exportNames ?? [],
    warnings: made.warnings,
  };
}

async function findScript(scriptArg: string, path: string): Promise<string> {
  const found = await stat(path).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT' || thrown.code === 'ENOTDIR') throw missing(scriptArg, path);
    throw new UserError(ExitCode.usage, `cannot read the script '${scriptArg}': ${thrown.message}`);
  });
  if (found.isDirectory()) {
    throw new UserError(
      ExitCode.usage,
      `'${scriptArg}' is a directory`,
      'name the script itself, for example ' + join(scriptArg, 'script.ts'),
    );
  }
  if (!scriptExtensions.includes(extname(path))) {
    throw new UserError(
      ExitCode.usage,
      `'${scriptArg}' is not a script: its name should end in ${scriptExtensions.join(', ')}`,
    );
  }
  if (found.size > limits.sourceBytes) {
    throw new UserError(
      ExitCode.usage,
      `the script '${scriptArg}' has ${found.size} bytes, and ${limits.sourceBytes} is the most`,
    );
  }
  return realpathSync(path);
}

function missing(scriptArg: string, path: string): UserError {
  let near: string | undefined;
  try {
    const files = readdirSync(dirname(path)).filter((f) => scriptExtensions.includes(extname(f)));
    const stem = basename(path, extname(path));
    near = files.find((f) => basename(f, extname(f)) === stem) ?? nearest(basename(path), files);
  } catch {
    // The directory is missing as well: then there is nothing to suggest.
  }
  return new UserError(
    ExitCode.usage,
    `cannot find the script '${scriptArg}': there is no file ${path}`,
    near === undefined ? undefined : `did you mean ${join(dirname(scriptArg), near)}?`,
  );
}

/** The script's text; says so when there is none. */
function textOf(bytes: Uint8Array, what: string): string {
  if (bytes.includes(0) || !isUtf8(bytes)) {
    throw new UserError(ExitCode.usage, `${what} is not text in UTF-8`);
  }
  const text = Buffer.from(bytes).toString();
  if (text.trim() === '') throw new UserError(ExitCode.usage, `${what} is empty`);
  return text;
}

async function collect(stdin: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > limits.sourceBytes) {
      throw new UserError(
        ExitCode.usage,
        `the script from standard input is larger than ${limits.sourceBytes} bytes`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
