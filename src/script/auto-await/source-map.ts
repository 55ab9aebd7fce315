/** Source maps as the bundler writes them, and back. */

/** A place of the generated text, and the place in the user's files it comes from. */
export interface Mapping {
  line: number;
  column: number;
  source: number;
  sourceLine: number;
  sourceColumn: number;
  /** Index of the name it had there, or -1. */
  name: number;
}

export interface SourceMapText {
  sources: string[];
  names: string[];
  mappings: string;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Map([...letters].map((letter, value) => [letter.charCodeAt(0), value]));

/** The mappings of a map, in the order of the generated text. */
export function decodeMappings(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  let line = 0;
  let column = 0;
  const state = [0, 0, 0, 0];
  let at = 0;
  const number = (): number => {
    let result = 0;
    let shift = 0;
    for (;;) {
      const digit = values.get(text.charCodeAt(at++)) as number;
      result |= (digit & 31) << shift;
      if ((digit & 32) === 0) break;
      shift += 5;
    }
    return (result & 1) === 1 ? -(result >>> 1) : result >>> 1;
  };
  while (at < text.length) {
    const letter = text[at];
    if (letter === ';') {
      line++;
      column = 0;
      at++;
    } else if (letter === ',') {
      at++;
    } else {
      column += number();
      let fields = 0;
      while (at < text.length && text[at] !== ',' && text[at] !== ';') {
        state[fields] = (state[fields] as number) + number();
        fields++;
      }
      if (fields < 3) continue;
      const [source, sourceLine, sourceColumn, name] = state as [number, number, number, number];
      mappings.push({
        line,
        column,
        source,
        sourceLine,
        sourceColumn,
        name: fields > 3 ? name : -1,
      });
    }
  }
  return mappings;
}

/** The mapping in force at an offset of the text a map belongs to. */
export function mappingAt(map: SourceMapText, text: string, offset: number): Mapping | undefined {
  const before = text.slice(0, offset);
  const line = before.split('\n').length - 1;
  const column = offset - (before.lastIndexOf('\n') + 1);
  return decodeMappings(map.mappings).findLast(
    (one) => one.line < line || (one.line === line && one.column <= column),
  );
}

/** The text of mappings that are in order. */
export function encodeMappings(mappings: readonly Mapping[]): string {
  let text = '';
  let line = 0;
  let column = 0;
  let first = true;
  let source = 0;
  let sourceLine = 0;
  let sourceColumn = 0;
  let name = 0;
  for (const mapping of mappings) {
    if (mapping.line > line) {
      text += ';'.repeat(mapping.line - line);
      line = mapping.line;
      column = 0;
      first = true;
    }
    if (!first) text += ',';
    first = false;
    text += digits(mapping.column - column);
    text += digits(mapping.source - source);
    text += digits(mapping.sourceLine - sourceLine);
    text += digits(mapping.sourceColumn - sourceColumn);
    ({ column, source, sourceLine, sourceColumn } = mapping);
    if (mapping.name >= 0) {
      text += digits(mapping.name - name);
      name = mapping.name;
    }
  }
  return text;
}

function digits(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += letters[rest > 0 ? digit | 32 : digit] as string;
  } while (rest > 0);
  return text;
}
