import type { Initiator, Phase } from '../../attempts/cause.ts';
import { type Drawn, timeChart } from './chart.ts';
import { h, put } from './dom.ts';
import type { Model } from './model.ts';
import { causeWords } from './overview.ts';
import { type Panel, panel, section } from './panel.ts';
import { table } from './table.ts';
import { brief, digits, plural } from './units.ts';

/** WebSockets: how they opened, and how they ended. */
export function connectionsSection(model: Model): Panel {
  return section('connections', 'Connections', [
    panel({
      title: 'Handshake funnel',
      question: 'How far do dials come on their way to an open, talking WebSocket?',
      unit: 'dials, and the median time of each step',
      size: 'half',
      when: () => model.counted('ws_handshakes'),
      body: funnel(model),
      note: () =>
        model.data.end === undefined
          ? undefined
          : 'Counts are exact; times are medians of the records that were kept.',
    }),
    panel({
      title: 'Close matrix',
      question: 'With which code, by whom and in which phase did sockets end?',
      unit: 'WebSockets that had opened',
      size: 'half',
      when: () => model.counted('ws_closes'),
      body: closeMatrix(model),
      note: () =>
        'Age and stillness (time in which nothing had moved) are medians of the records that were kept.',
    }),
  ]);
}

const stages: readonly {
  title: string;
  phases: readonly Phase[];
  step?: 'connect' | 'tls' | 'upgrade' | 'message';
}[] = [
  { title: 'connected', phases: ['dns', 'connect'], step: 'connect' },
  { title: 'TLS', phases: ['tls'], step: 'tls' },
  {
    title: '101 upgraded',
    phases: ['send', 'wait', 'upgrade', 'receive', 'done', 'open', 'closing'],
    step: 'upgrade',
  },
];

function funnel(model: Model): Drawn {
  const element = h('div', { class: 'funnel' });
  return {
    element,
    update() {
      const { steps, refusedIn } = model.data.facts;
      const outcomes = model.parts('ws_handshakes');
      const dialled = outcomes.reduce((sum, [, count]) => sum + count, 0);
      const refused = outcomes.filter(([part]) => part !== 'opened');
      const phaseOf = (cause: string): Phase =>
        Object.entries(refusedIn).find(([key]) => key.startsWith(`${cause} `))?.[1] ?? 'upgrade';
      const rows: Node[] = [];
      const row = (
        title: string,
        count: number,
        time: number | undefined,
        lost: string[],
      ): void => {
        rows.push(
          h('span', {}, title),
          h(
            'span',
            { class: 'track' },
            h('i', { style: `width: ${(count * 100) / Math.max(1, dialled)}%` }),
          ),
          h('span', { class: 'n', 'data-value': count }, digits(count)),
          h('span', { class: 't' }, time === undefined ? '' : `+ ${brief(time, 'ms')}`),
        );
        if (lost.length > 0) rows.push(h('span', { class: 'lost' }, lost.join(' · ')));
      };
      row('dialled', dialled, undefined, []);
      let left = dialled;
      for (const { title, phases, step } of stages) {
        const gone = refused.filter(([cause]) => phases.includes(phaseOf(cause)));
        const time = step === undefined ? undefined : steps[step];
        // Without TLS there is no such step.
        if (title === 'TLS' && gone.length === 0 && (time ?? 0) === 0) continue;
        left -= gone.reduce((sum, [, count]) => sum + count, 0);
        row(
          title,
          left,
          time,
          gone.map(([cause, count]) => `− ${digits(count)} ${lostWords(model, cause)}`),
        );
      }
      const talked = model.points.reduce(
        (sum, { trends }) => sum + (trends['ws_first_message']?.[0] ?? 0),
        0,
      );
      if (talked > 0) row('first message', Math.min(talked, left), steps.message, []);
      put(element, ...rows);
    },
  };
}

/** A refusal with its statuses, where the end of the run tells them. */
function lostWords(model: Model, cause: string): string {
  const statuses = (model.data.end?.outcomes ?? []).filter(
    (o) => o.kind === 'ws' && o.cause === cause && o.code > 0,
  );
  const byCode = new Map<number, number>();
  for (const { code, count } of statuses) byCode.set(code, (byCode.get(code) ?? 0) + count);
  const words = [...byCode].map(([code, count]) =>
    byCode.size === 1 ? String(code) : `${digits(count)} × ${code}`,
  );
  return words.length === 0 ? causeWords(cause) : `${causeWords(cause)}: ${words.join(', ')}`;
}

const closeNames: Readonly<Record<string, string>> = {
  1000: 'normal',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'no code',
  1006: 'no close frame',
  1007: 'bad data',
  1008: 'policy',
  1009: 'too large',
  1011: 'server error',
  1012: 'restart',
  1013: 'try again later',
  1015: 'TLS failed',
};
const who: Readonly<Record<string, { words: string; initiator: Initiator }>> = {
  us: { words: 'by us', initiator: 'local' },
  peer: { words: 'by the peer', initiator: 'peer' },
  unknown: { words: 'not known', initiator: 'unknown' },
};

function closeMatrix(model: Model): Drawn {
  interface Row {
    code: string;
    by: string;
    phase: string;
    count: number;
  }
  const rows = (): Row[] =>
    model.parts('ws_closes').map(([part, count]) => {
      const [code = '', by = '', phase = ''] = part.split('/');
      return { code, by, phase, count };
    });
  const group = (row: Row) =>
    model.data.facts.closes.find(
      ({ code, by }) => String(code) === row.code && by === who[row.by]?.initiator,
    );
  const total = (): number =>
    Math.max(
      1,
      rows().reduce((sum, { count }) => sum + count, 0),
    );
  return table<Row>(
    [
      {
        title: 'Code',
        sort: (r) => Number(r.code),
        cell: (r) => `${r.code}${closeNames[r.code] === undefined ? '' : ` ${closeNames[r.code]}`}`,
      },
      { title: 'Who', sort: (r) => r.by, cell: (r) => who[r.by]?.words ?? r.by },
      { title: 'Phase', sort: (r) => r.phase, cell: (r) => r.phase },
      {
        title: 'Sockets',
        class: 'num',
        sort: (r) => r.count,
        exact: (r) => r.count,
        cell: (r) => digits(r.count),
      },
      {
        title: 'Share',
        class: 'num',
        sort: (r) => r.count,
        cell: (r) => brief(r.count / total(), '%'),
      },
      {
        title: 'Age',
        class: 'num',
        sort: (r) => group(r)?.age ?? 0,
        cell: (r) => span(group(r)?.age),
      },
      {
        title: 'Still for',
        class: 'num',
        sort: (r) => group(r)?.idle ?? 0,
        cell: (r) => span(group(r)?.idle),
      },
    ],
    rows,
  );
}

function span(ms: number | undefined): string {
  return ms === undefined ? '–' : brief(ms, 'ms');
}

/** Sockets alive, and how many come and go. */
export function socketsSection(model: Model): Panel {
  const opened = (part: string): boolean => part === 'opened';
  return section('sockets', 'Live sockets', [
    panel({
      title: 'Open at once',
      question: 'How many WebSockets and requests were under way?',
      unit: 'connections',
      size: 'half',
      when: () =>
        model.has('ws_open') || model.points.some(({ health }) => (health?.openHttp ?? 0) > 0),
      body: timeChart(model, () => ({
        unit: 'count',
        lines: [
          ...(model.has('ws_open')
            ? [
                {
                  label: 'open WebSockets',
                  values: model.gauge('ws_open'),
                  colour: 'blue',
                  area: true,
                  width: 2,
                } as const,
              ]
            : []),
          {
            label: 'requests under way',
            values: model.points.map(({ health }) => health?.openHttp ?? null),
            colour: 'orange',
          },
        ],
      })),
      note: () =>
        model.has('ws_open')
          ? `At most ${plural(Math.max(0, ...model.points.map(({ gauges }) => gauges['ws_open']?.[2] ?? 0)), 'WebSocket')} at once.`
          : undefined,
    }),
    panel({
      title: 'Coming and going',
      question: 'Do sockets end faster than they open, or all at once?',
      unit: 'WebSockets a second',
      size: 'half',
      when: () => model.counted('ws_handshakes'),
      body: timeChart(model, () => ({
        unit: '/s',
        lines: [
          {
            label: 'opened',
            values: model.partRate('ws_handshakes', opened),
            colour: 'blue',
            width: 2,
          },
          {
            label: 'refused',
            values: model.partRate('ws_handshakes', (part) => !opened(part)),
            colour: 'red',
          },
          { label: 'ended', values: model.rate('ws_closes'), colour: 'orange', dash: [6, 4] },
        ],
      })),
    }),
  ]);
}
