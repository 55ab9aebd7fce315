/** The chapters of the description of k6, each of which has scripts or a reason to have none. */
export const chapters: Readonly<Record<string, string | true>> = {
  '0': true,
  '1.0': true,
  '1.1': true,
  '1.2': true,
  '1.3': true,
  '1.4': true,
  '1.5': true,
  '1.6': true,
  '1.7': true,
  '1.8': true,
  '1.9': true,
  '1.10': true,
  '1.11': true,
  '1.12': true,
  '1.13': true,
  '1.14': true,
  '1.15': true,
  '1.16': true,
  '1.17': true,
  '1.18': 'jslib comes from the network; imports by URL are tested in e2e-imports.test.ts',
  '1.19': true,
  '2': true,
  '2.1': true,
  '2.2': true,
  '2.3': true,
  '2.4': true,
  '2.5': true,
  '3.1': true,
  '3.2': true,
  '3.3': true,
  '3.4': true,
  '3.5': true,
  '3.6': true,
  '4': true,
  '5': true,
  '6.1': 'the order of the phases shows in the scripts of 1.19',
  '6.2': true,
  '6.3': true,
  '6.4': true,
  '6.5': true,
  '6.6': true,
  '6.7': 'when samples are flushed shows in no trace',
  '6.8': 'a remark on what is measured, without a behaviour of its own',
  '6.9': 'bugs that are not to be copied',
};

/** The chapters a case names: its row is `1.2 redirects, 2.1 maxRedirects`. */
export function chaptersOf(row: string): string[] {
  return row.split(/, | and /).flatMap((part) => {
    const number = /^(\d+)(\.\d+)?(?= |$)/.exec(part);
    if (number === null) return [];
    return [number[1] === '0' ? '0' : number[0]];
  });
}
