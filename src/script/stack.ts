/** Turns stack traces of QuickJS into the user's own files, lines and columns. */
import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename, isAbsolute, relative, sep } from 'node:path';
import { bundleName, type Program } from './program.ts';

/** How source files of the guest runtime are named in source maps. */
export const runtimeSourcePrefix = 'vurun:runtime/';

export interface StackMapper {
  /**
   * The text with every place in the program replaced by a place in the user's files. Frames of the
   * runtime, and native ones that nothing of the user's called, are left out.
   */
  map(stack: string): string;
  /** `file:line:column` of the innermost frame in the user's files. */
  firstUserFrame(stack: string): string | undefined;
  /** The user's file the innermost of its frames stands in, as the source map names it: a path or URL. */
  callerFile(stack: string): string | undefined;
}

interface Place {
  text: string;
  /** Path of the source file. */
  source: string;
}

const escapedName = bundleName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const placePattern = new RegExp(`${escapedName}:(\\d+)(?::(\\d+))?`, 'g');
const framePattern = new RegExp(`^\\s*at (?:(.*) \\()?${escapedName}:(\\d+)(?::(\\d+))?\\)?$`);
const nativePattern = /^\s*at .*\(native\)$/;
/** Frames the engine puts between a generator and who runs it, and between a call and its callee. */
const betweenPattern = /^\s*at (next|apply) \(native\)$/;
/** What the pass that makes functions pausable adds to their names (`auto-await/rewrite.ts`). */
const addedPattern = /\$vu\d*$/;

/** Paths are shown relative to `cwd`. */
export function createStackMapper(
  program: Pick<Program, 'code' | 'sourceMap'>,
  cwd: string,
): StackMapper {
  let map: SourceMap | undefined;
  let lines: string[] | undefined;

  /** Undefined for places that are none of the user's. */
  function place(line: number, column: number): Place | undefined {
    // Most runs have no error, and decoding the map costs time.
    map ??= new SourceMap(JSON.parse(program.sourceMap) as SourceMapPayload);
    lines ??= program.code.split('\n');
    const entry = map.findEntry(line - 1, characterColumn(lines[line - 1] ?? '', line, column));
    if (!('originalSource' in entry) || entry.originalSource.startsWith(runtimeSourcePrefix)) {
      return undefined;
    }
    const source = entry.originalSource;
    const shown = display(source, cwd);
    // With column 1 the engine says that it knows no more than the line.
    const at = column === 1 ? '' : `:${entry.originalColumn + 1}`;
    return { text: `${shown}:${entry.originalLine + 1}${at}`, source };
  }

  /** A frame as shown, or undefined when it is to be hidden. */
  function frame(text: string): string | undefined {
    const match = framePattern.exec(text);
    if (match === null) return text;
    const [, given = '', line, column = '1'] = match;
    if (given === '<eval>') return undefined;
    const name = given.replace(addedPattern, '').replace(/^#\$vu\d*\w+$/, '<anonymous>');
    const at = place(Number(line), Number(column));
    if (at === undefined) return undefined;
    const shown = functionName(originalName(name), at.source);
    return shown === '' ? `    at ${at.text}` : `    at ${shown} (${at.text})`;
  }

  /** The bundler renames one of two functions with the same name; the map knows what it was. */
  function originalName(name: string): string {
    if (!/^[\w$]*\d$/.test(name)) return name;
    const declared = new RegExp(
      `\\b(?:function\\*?|class|var|let|const) ${name.replaceAll('$', '\\$')}\\b`,
    );
    const index = lines?.findIndex((text) => declared.test(text)) ?? -1;
    const text = lines?.[index] ?? '';
    const match = declared.exec(text);
    if (match === null) return name;
    const entry = map?.findEntry(index, match.index + match[0].length - name.length);
    return (entry && 'name' in entry ? (entry.name as string | undefined) : undefined) ?? name;
  }

  return {
    map(stack) {
      const out: string[] = [];
      const all = stack.split('\n');
      // From the outermost frame inwards: a native function shows only when the user's code called it.
      let callerShown = false;
      for (const text of all.reverse()) {
        if (betweenPattern.test(text)) continue;
        if (nativePattern.test(text)) {
          if (callerShown) out.push(text);
          continue;
        }
        if (/^\s+at <input>/.test(text)) continue;
        const isFrame = framePattern.test(text);
        const shown = isFrame ? frame(text) : text;
        if (isFrame) callerShown = shown !== undefined;
        if (shown !== undefined) out.push(isFrame ? shown : mapPlaces(shown));
      }
      return out.reverse().join('\n');
    },
    firstUserFrame: (stack) => innermost(stack)?.text,
    callerFile: (stack) => innermost(stack)?.source,
  };

  function innermost(stack: string): Place | undefined {
    for (const text of stack.split('\n')) {
      const match = framePattern.exec(text);
      if (match === null) continue;
      const at = place(Number(match[2]), Number(match[3] ?? '1'));
      if (at !== undefined) return at;
    }
    return undefined;
  }

  function mapPlaces(text: string): string {
    return text.replaceAll(placePattern, (whole, line: string, column: string | undefined) => {
      return place(Number(line), Number(column ?? '1'))?.text ?? whole;
    });
  }
}

/**
 * The engine counts columns in bytes of UTF-8, from 1, but from 0 in the first line; the source map
 * counts UTF-16 units from 0.
 */
function characterColumn(lineText: string, line: number, column: number): number {
  if (column === 1 && line > 1) return lineText.length - lineText.trimStart().length;
  const bytes = line === 1 ? column : column - 1;
  return Buffer.from(lineText).subarray(0, bytes).toString().length;
}

/** Anonymous functions have no name worth showing; a default export has one the bundler made up. */
function functionName(name: string, source: string): string {
  if (name === '<anonymous>') return '';
  const stem = basename(source).replace(/\.[^.]*$/, '');
  const madeUp = `${stem.replace(/[^a-zA-Z0-9_$]+/g, '_')}_default`;
  return name === madeUp ? 'default' : name;
}

function display(path: string, cwd: string): string {
  if (!isAbsolute(path)) return path;
  const near = relative(cwd, path);
  return near === '' || near.startsWith(`..${sep}..`) ? path : near;
}
