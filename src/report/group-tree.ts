import { createHash } from 'node:crypto';
import type { SummaryCheck, SummaryGroup } from '../../runtime/contract/summary.ts';
import type { LedgerView } from '../metrics/view.ts';

/** k6 names groups and checks by the md5 of their path; it is an identifier, not a secret. */
function idOf(path: string): string {
  return createHash('md5').update(path).digest('hex');
}

/** Groups and checks as the tree their paths (`::front page::nested`) describe. */
export function groupTree(ledger: LedgerView): SummaryGroup {
  const root: SummaryGroup = { name: '', path: '', id: idOf(''), groups: [], checks: [] };
  const byPath = new Map([['', root]]);
  const groupAt = (path: string): SummaryGroup => {
    const known = byPath.get(path);
    if (known) return known;
    const cut = path.lastIndexOf('::');
    const name = cut < 0 ? path : path.slice(cut + 2);
    const group: SummaryGroup = { name, path, id: idOf(path), groups: [], checks: [] };
    byPath.set(path, group);
    groupAt(cut < 0 ? '' : path.slice(0, cut)).groups.push(group);
    return group;
  };
  for (const path of ledger.groups()) groupAt(path);
  for (const { group, name, passes, fails } of ledger.checks()) {
    const path = `${group}::${name}`;
    const check: SummaryCheck = { name, path, id: idOf(path), passes, fails };
    groupAt(group).checks.push(check);
  }
  return root;
}
