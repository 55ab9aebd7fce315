import { causes } from '../../attempts/cause.ts';
import { h, put } from './dom.ts';
import type { Model } from './model.ts';
import type { Panel } from './panel.ts';
import { brief, clock, digits } from './units.ts';

/** What ran, when, and the few numbers everybody asks for first. */
export function overview(model: Model, live: () => boolean): Panel {
  const element = h('header', { class: 'top' });
  return {
    element,
    update() {
      const { begin, end, points } = model.data;
      const started = new Date(begin.startedAt);
      put(
        element,
        h('h1', {}, begin.script.name),
        h(
          'p',
          { class: 'facts' },
          h(
            'span',
            {},
            started.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }),
          ),
          h('span', {}, `ran ${clock(end?.durationMs ?? points.at(-1)?.t ?? 0)}`),
          h('span', {}, `up to ${digits(begin.vus)} VUs`),
          h('span', {}, `seed ${begin.seed}`),
          h('span', {}, `vurun ${begin.vurun}`),
          end !== undefined && h('span', {}, `exit code ${end.exitCode}${meaning(end.exitCode)}`),
        ),
        h(
          'dl',
          { class: 'tiles' },
          ...tiles(model).map(([name, value, more]) =>
            h(
              'div',
              { class: 'tile' },
              h('dt', {}, name),
              h('dd', {}, value, h('small', {}, more)),
            ),
          ),
        ),
      );
      if (end === undefined && !live()) {
        element.append(
          h(
            'p',
            { class: 'notice', style: 'margin: 16px 0 0' },
            `This run did not end: its process was killed. What it had measured up to ${clock(points.at(-1)?.t ?? 0, true)} is here; verdict, thresholds and exact percentiles were not reached.`,
          ),
        );
      }
      if (begin.timeScale !== 1) {
        element.append(
          h(
            'p',
            { class: 'notice', style: 'margin: 16px 0 0' },
            `The simulator’s time was scaled by ${begin.timeScale}: what it does in a second took ${begin.timeScale} s here.`,
          ),
        );
      }
    },
  };
}

function meaning(code: number): string {
  const words: Record<number, string> = {
    0: 'done',
    99: 'a threshold was crossed',
    105: 'interrupted',
    107: 'the script failed',
    108: 'aborted by the script',
    110: 'marked as failed',
  };
  return code in words ? ` (${words[code]})` : '';
}

function tiles(model: Model): [string, string, string][] {
  const { points, end } = model.data;
  const seconds = Math.max(1e-3, (end?.durationMs ?? points.at(-1)?.t ?? 0) / 1_000);
  const sum = (name: string): number =>
    points.reduce((all, { sums }) => all + (sums[name]?.[1] ?? 0), 0);
  const samples = (name: string): number =>
    points.reduce((all, { sums }) => all + (sums[name]?.[0] ?? 0), 0);
  const most = (name: string): number =>
    Math.max(0, ...points.map(({ gauges }) => gauges[name]?.[2] ?? 0));
  const out: [string, string, string][] = [];
  const requests = sum('http_reqs');
  if (requests > 0) {
    out.push(['HTTP requests', digits(requests), brief(requests / seconds, '/s')]);
    const failed = sum('http_req_failed');
    out.push([
      'Requests failed',
      brief(failed / Math.max(1, samples('http_req_failed')), '%'),
      `${digits(failed)} of ${digits(requests)}`,
    ]);
    const p95 = model.final('http_req_duration', 'p(95)');
    const median = model.final('http_req_duration', 'med');
    if (p95 !== undefined && median !== undefined) {
      out.push(['Request duration', brief(p95, 'ms'), `p95, median ${brief(median, 'ms')}`]);
    }
  }
  const dials = sum('ws_handshakes');
  if (dials > 0) {
    const opened = model.parts('ws_handshakes').find(([part]) => part === 'opened')?.[1] ?? 0;
    out.push(['WebSockets opened', digits(opened), `of ${digits(dials)} dialled`]);
    out.push(['Sockets at once', digits(most('ws_open')), 'at most']);
    const lost = sum('ws_sessions_lost');
    out.push(['Sockets lost', digits(lost), 'after they had opened']);
  }
  const iterations = end?.iterationsComplete ?? sum('iterations');
  out.push(['Iterations', digits(iterations), brief(iterations / seconds, '/s')]);
  out.push(['VUs at work', digits(most('vus')), 'at most']);
  return out;
}

/** What a cause means, in words. */
export function causeWords(cause: string): string {
  return cause in causes ? causes[cause as keyof typeof causes].words : cause;
}
