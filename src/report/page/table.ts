import { h, put } from './dom.ts';

export interface Column<Row> {
  title: string;
  /** What rows are sorted by; without it the column cannot be. */
  sort?: (row: Row) => number | string;
  cell: (row: Row) => Node | string;
  /** The exact value behind what is shown. */
  exact?: (row: Row) => number | undefined;
  class?: 'num' | 'text' | 'name';
}

/** A table whose columns sort by a click on their heads: up, down, and as it was. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: () => readonly Row[],
): { element: HTMLElement; update(): void } {
  let by: { column: Column<Row>; descending: boolean } | undefined;
  const body = h('tbody');
  const heads = columns.map((column) => {
    const cell = h('th', { scope: 'col', class: column.class === 'num' ? 'num' : undefined });
    if (column.sort === undefined) put(cell, column.title);
    else {
      put(
        cell,
        h(
          'button',
          {
            type: 'button',
            onclick: () => {
              // Of numbers the largest is what one looks for first.
              const first = column.class === 'num';
              if (by?.column !== column) by = { column, descending: first };
              else if (by.descending === first) by = { column, descending: !first };
              else by = undefined;
              update();
            },
          },
          column.title,
        ),
      );
    }
    return cell;
  });
  const update = (): void => {
    columns.forEach((column, i) => {
      const head = heads[i] as HTMLElement;
      if (by?.column === column)
        head.setAttribute('aria-sort', by.descending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    put(
      body,
      ...sorted(rows()).map((row) =>
        h(
          'tr',
          {},
          ...columns.map((column) =>
            h('td', { class: column.class, 'data-value': column.exact?.(row) }, column.cell(row)),
          ),
        ),
      ),
    );
  };
  const sorted = (all: readonly Row[]): readonly Row[] => {
    const sort = by?.column.sort;
    if (sort === undefined) return all;
    const sign = by?.descending === true ? -1 : 1;
    return all.toSorted((a, b) => {
      const [x, y] = [sort(a), sort(b)];
      if (typeof x === 'string' || typeof y === 'string')
        return sign * String(x).localeCompare(String(y));
      return sign * (x - y) || 0;
    });
  };
  const element = h(
    'div',
    { class: 'scroll' },
    h('table', { class: 'data' }, h('thead', {}, h('tr', {}, ...heads)), body),
  );
  update();
  return { element, update };
}
