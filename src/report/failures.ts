import type { LedgerView, SeriesView } from '../metrics/view.ts';

/** One kind of failure: the same protocol, method, outcome and name. */
export interface FailureKindRow {
  count: number;
  protocol: 'HTTP' | 'WS';
  method: string;
  /** `503`, the error and its code when there was no answer, or how an open session was lost. */
  outcome: string;
  name: string;
}

function httpFailed(tags: SeriesView['tags']): boolean {
  // The response callback has the last word, so that this list agrees with http_req_failed.
  if (tags.expected_response !== undefined) return tags.expected_response === 'false';
  const status = Number(tags.status);
  return status === 0 || status >= 400;
}

function outcomeOf({ status, error, error_code: code }: SeriesView['tags']): string {
  if (status !== undefined && status !== '' && Number(status) !== 0) return status;
  if (error) return code ? `${error} (${code})` : error;
  return code ? `error ${code}` : 'no answer';
}

/** Failed requests, refused and lost WebSocket sessions by kind, most frequent first. */
export function failureKinds(ledger: LedgerView): FailureKindRow[] {
  const kinds = new Map<string, FailureKindRow>();
  const add = (protocol: 'HTTP' | 'WS', method: string, series: SeriesView, outcome: string) => {
    const name = series.tags.name ?? series.tags.url ?? '';
    const key = JSON.stringify([protocol, method, outcome, name]);
    const known = kinds.get(key);
    if (known) known.count += series.sum;
    else kinds.set(key, { count: series.sum, protocol, method, outcome, name });
  };
  for (const series of ledger.series('http_reqs')) {
    if (httpFailed(series.tags)) {
      add('HTTP', series.tags.method ?? '', series, outcomeOf(series.tags));
    }
  }
  for (const series of ledger.series('ws_sessions')) {
    const { status, error } = series.tags;
    // Without the tag (`systemTags` decides) nothing is known, so nothing is claimed.
    if (status === undefined ? error : status !== '101') {
      add('WS', '', series, outcomeOf(series.tags));
    }
  }
  for (const series of ledger.series('ws_sessions_lost')) {
    const { error } = series.tags;
    add('WS', '', series, error ? `lost after open: ${error}` : 'lost after open');
  }
  return [...kinds.values()].sort(
    (a, b) => b.count - a.count || a.outcome.localeCompare(b.outcome),
  );
}
