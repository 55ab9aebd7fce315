import type { Row } from './harness.ts';

/** The rows as one plain table with aligned columns. */
export function formatTable(rows: readonly Row[]): string {
  const head = ['benchmark', 'figure', 'who', 'median', 'spread', 'ratio', 'asked of vurun'];
  let before: Row | undefined;
  const lines = rows.map((row) => {
    const isSame = before?.benchmark === row.benchmark;
    const cells = [
      isSame ? '' : row.benchmark,
      isSame && before?.figure === row.figure ? '' : row.figure,
      row.who,
      shortNumber(row.median),
      row.rounds === 1 ? '-' : `±${Math.round(row.spread * 100)} %`,
      row.ratio === undefined ? '-' : `${shortNumber(row.ratio)} × ${row.ratioTo}`,
      row.goal ?? '',
    ];
    before = row;
    return cells;
  });
  const widths = head.map((title, i) =>
    Math.max(title.length, ...lines.map((cells) => (cells[i] as string).length)),
  );
  const isNumber = (column: number): boolean => column === 3 || column === 4;
  return [head, widths.map((width) => '-'.repeat(width)), ...lines]
    .map((cells) =>
      cells
        .map((cell, i) =>
          isNumber(i) ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three digits that matter, thousands set apart. */
function shortNumber(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en-US');
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 4));
}
