/**
 * Text made of stretches of another text and of pieces between them. Stretches keep the places they came
 * from, so the source map of what is made is as exact as that of what it was made of.
 */
import { decodeMappings, encodeMappings, type Mapping, type SourceMapText } from './source-map.ts';

/** A stretch of the text it is made of, or a new piece that counts as written at `at`; -1: as nobody's. */
type Piece =
  | { from: number; to: number }
  | { text: string; at: number; isName: boolean }
  | { rope: Rope };

/** Text in the making. */
export class Rope {
  #pieces: Piece[] = [];

  /** A stretch of the original. */
  copy(from: number, to: number): void {
    if (from >= to) return;
    const last = this.#pieces.at(-1);
    if (last !== undefined && 'from' in last && last.to === from) last.to = to;
    else this.#pieces.push({ from, to });
  }

  /**
   * A new piece; errors in it are shown at the place `at` of the original. `isName`: it stands for the
   * name that is there.
   */
  write(text: string, at: number, isName = false): void {
    if (text !== '') this.#pieces.push({ text, at, isName });
  }

  /** What `make` writes, taken out, to be put in elsewhere. */
  aside(make: () => void): Rope {
    const pieces = this.#pieces;
    const aside = new Rope();
    this.#pieces = aside.#pieces;
    make();
    this.#pieces = pieces;
    return aside;
  }

  append(other: Rope): void {
    if (other.#pieces.length > 0) this.#pieces.push({ rope: other });
  }

  /** The text, and its map composed with that of the original. `unseen` names the source of nobody's pieces. */
  finish(
    original: string,
    map: SourceMapText,
    unseen: string,
  ): { code: string; map: SourceMapText } {
    const starts = lineStarts(original);
    const known = decodeMappings(map.mappings);
    const offsets = known.map(({ line, column }) => (starts[line] as number) + column);
    const mappings: Mapping[] = [];
    const nobody = map.sources.length;
    let code = '';
    let line = 0;
    let lineStart = 0;
    const advance = (text: string): void => {
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
        line++;
        lineStart = code.length + at + 1;
      }
      code += text;
    };
    /** The mapping in force at an offset of the original. */
    const indexAt = (offset: number): number => {
      let low = 0;
      let high = offsets.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((offsets[middle] as number) <= offset) low = middle + 1;
        else high = middle;
      }
      return low - 1;
    };
    const push = (from: Mapping | undefined): void => {
      const column = code.length - lineStart;
      const place = from ?? { source: nobody, sourceLine: 0, sourceColumn: 0, name: -1 };
      mappings.push({ ...place, line, column });
    };
    const stretch = (from: number, to: number): void => {
      let at = from;
      let index = indexAt(at);
      push(known[index]);
      for (;;) {
        index++;
        const next = offsets[index];
        const end = next === undefined || next > to ? to : next;
        advance(original.slice(at, end));
        at = end;
        if (at >= to) break;
        push(known[index]);
      }
    };
    const put = (pieces: readonly Piece[]): void => {
      for (const piece of pieces) {
        if ('rope' in piece) put(piece.rope.#pieces);
        else if ('from' in piece) stretch(piece.from, piece.to);
        else {
          const mapping = piece.at < 0 ? undefined : known[indexAt(piece.at)];
          push(mapping && { ...mapping, name: piece.isName ? mapping.name : -1 });
          advance(piece.text);
        }
      }
    };
    put(this.#pieces);
    return {
      code,
      map: {
        sources: [...map.sources, unseen],
        names: map.names,
        mappings: encodeMappings(mappings),
      },
    };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
