// oxlint-disable-next-line no-control-regex -- colours begin with the escape character.
const colors = /\u001b\[[0-9;]*m/g;

/** Characters that a reader sees: colours count for nothing. */
export function visibleWidth(text: string): number {
  return [...text.replace(colors, '')].length;
}

/**
 * The pieces joined by spaces, in lines of at most `columns` characters where pieces allow it: a
 * piece is never cut. All lines but the first are indented by `hanging` spaces. Without `columns` it
 * is one line.
 */
export function wrap(
  pieces: readonly string[],
  columns: number | undefined,
  hanging: number,
): string[] {
  const most = columns ?? Number.POSITIVE_INFINITY;
  const lines: string[] = [];
  let line: string | undefined;
  for (const piece of pieces) {
    if (line === undefined) line = piece;
    else if (visibleWidth(line) + 1 + visibleWidth(piece.trimEnd()) <= most) line += ` ${piece}`;
    else {
      lines.push(line);
      line = ' '.repeat(hanging) + piece;
    }
  }
  return line === undefined ? lines : [...lines, line];
}
