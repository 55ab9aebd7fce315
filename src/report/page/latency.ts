import { cellsPerDecade } from '../page-data.ts';
import { barsChart, dotsChart, heatChart, timeChart } from './chart.ts';
import { h, put } from './dom.ts';
import { cellsOver, type Model } from './model.ts';
import { type Panel, panel, section } from './panel.ts';
import type { Unit } from './units.ts';

/** In this order one of them is looked at first. */
const favourites = ['http_req_duration', 'ws_handshake_duration', 'iteration_duration'];

/** Load against latency, percentiles, distribution: of one metric, which the reader chooses. */
export function latencySection(model: Model): Panel {
  let chosen = '';
  let log: boolean | undefined;
  const names = (): string[] =>
    [...new Set(model.points.flatMap(({ cells }) => Object.keys(cells)))].sort();
  const has = (): boolean => chosen !== '';
  const unit = (): Unit => {
    const contains = model.data.end?.metrics.find(({ name }) => name === chosen)?.contains;
    if (contains === 'data') return 'bytes';
    return contains === 'default' ? 'count' : 'ms';
  };
  /** Far apart values are only seen on a logarithmic axis. */
  const isLog = (): boolean => log ?? spread(model, chosen) > 30;

  const select = h('select', {
    'aria-label': 'Metric',
    onchange: () => {
      chosen = select.value;
      update();
    },
  });
  const box = h('input', {
    type: 'checkbox',
    onchange: () => {
      log = box.checked;
      update();
    },
  });
  const tools = h(
    'div',
    { class: 'tools' },
    h('label', {}, 'Metric', select),
    h('label', {}, box, 'logarithmic'),
  );

  const load = (): { label: string; values: (number | null)[]; unit: Unit } => {
    if (model.has('http_reqs') && chosen.startsWith('http_')) {
      return { label: 'requests a second', values: model.rate('http_reqs'), unit: '/s' };
    }
    if (model.has('ws_open') && chosen.startsWith('ws_')) {
      return { label: 'open sockets', values: model.gauge('ws_open'), unit: 'count' };
    }
    return { label: 'active VUs', values: model.gauge('vus'), unit: 'count' };
  };

  const panels = [
    panel({
      title: 'Load and latency over time',
      question: 'Does latency rise when the load does, and does it come back?',
      unit: 'latency left, load right',
      size: 'half',
      when: has,
      body: timeChart(model, () => ({
        unit: unit(),
        rightUnit: 'count',
        log: isLog(),
        lines: [
          { label: 'p95', values: model.trend(chosen, 6), colour: 'blue', width: 2 },
          {
            label: 'active VUs',
            values: model.gauge('vus'),
            colour: 'grey',
            right: true,
            area: true,
          },
          ...(model.has('ws_open')
            ? [
                {
                  label: 'open sockets',
                  values: model.gauge('ws_open'),
                  colour: 'orange',
                  right: true,
                  dash: [6, 4],
                } as const,
              ]
            : []),
        ],
      })),
    }),
    panel({
      title: 'Latency against load',
      question: 'At which load does latency bend upwards? One dot a second.',
      unit: 'p95 over load',
      size: 'half',
      when: has,
      body: dotsChart(() => {
        const { label, values, unit: xUnit } = load();
        const p95 = model.trend(chosen, 6);
        return {
          xUnit,
          yUnit: unit(),
          xLabel: label,
          yLabel: 'p95',
          log: isLog(),
          dots: model.points.flatMap(({ t }, i) => {
            const [x, y] = [values[i], p95[i]];
            return x === null || x === undefined || y === null || y === undefined
              ? []
              : [[x, y, t / 1_000] as const];
          }),
        };
      }),
    }),
    panel({
      title: 'Percentiles over time',
      question: 'How long did the typical one take, and how long the slow ones?',
      unit: 'latency',
      when: has,
      body: timeChart(model, () => ({
        unit: unit(),
        log: isLog(),
        lines: [
          { label: 'max', values: model.trend(chosen, 3), colour: 'grey', dash: [2, 3], width: 1 },
          { label: 'p99', values: model.trend(chosen, 7), colour: 'red' },
          { label: 'p95', values: model.trend(chosen, 6), colour: 'orange' },
          { label: 'p90', values: model.trend(chosen, 5), colour: 'gold' },
          { label: 'median', values: model.trend(chosen, 4), colour: 'blue', width: 2 },
        ],
      })),
    }),
    panel({
      title: 'Distribution',
      question: 'Is there one kind of answer, or several humps? It follows the zoom.',
      unit: 'samples by latency',
      size: 'half',
      when: () => has() && cellsOver(model.inRange(), chosen).length > 0,
      body: barsChart(() => {
        const cells = new Map(cellsOver(model.inRange(), chosen));
        return {
          unit: unit(),
          perDecade: cellsPerDecade,
          layers: [{ label: 'samples', colour: 'blue', cells }],
          marks: marks(model, chosen, cells),
        };
      }),
    }),
    panel({
      title: 'Heat map',
      question: 'When did which latencies occur? The stronger the colour, the more often.',
      unit: 'latency',
      size: 'half',
      when: has,
      body: heatChart(model, () => ({
        unit: unit(),
        perDecade: cellsPerDecade,
        columns: model.points.map(({ cells }) => cells[chosen] ?? []),
      })),
    }),
  ];
  const whole = section('latency', 'Latency', panels, tools);
  const update = (): void => {
    const known = names();
    if (!known.includes(chosen)) {
      chosen = favourites.find((name) => known.includes(name)) ?? known[0] ?? '';
    }
    if (select.options.length !== known.length)
      put(select, ...known.map((name) => h('option', { value: name }, name)));
    select.value = chosen;
    box.checked = isLog();
    whole.update();
  };
  model.onZoom(() => panels[3]?.update());
  return { element: whole.element, update };
}

/** How far the slowest second lies above the fastest. */
function spread(model: Model, name: string): number {
  const medians = model.trend(name, 4).filter((v) => typeof v === 'number' && v > 0) as number[];
  const tops = model.trend(name, 3).filter((v) => typeof v === 'number' && v > 0) as number[];
  if (medians.length === 0) return 1;
  medians.sort((a, b) => a - b);
  return Math.max(...tops) / (medians[Math.floor(medians.length / 2)] as number);
}

/** Of the whole run exactly as the summary has them, of a part as exactly as its cells. */
function marks(
  model: Model,
  name: string,
  cells: ReadonlyMap<number, number>,
): { at: number; label: string; colour: 'ink' }[] {
  const stats = [
    ['med', 'median', 0.5],
    ['p(95)', 'p95', 0.95],
    ['p(99)', 'p99', 0.99],
  ] as const;
  return stats.flatMap(([stat, label, share]) => {
    const exact = model.range === undefined ? model.final(name, stat) : undefined;
    const at = exact ?? quantile(cells, share);
    return at !== undefined && at > 0 ? [{ at, label, colour: 'ink' as const }] : [];
  });
}

function quantile(cells: ReadonlyMap<number, number>, share: number): number | undefined {
  const total = [...cells.values()].reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [cell, count] of cells) {
    seen += count;
    if (seen > share * (total - 1)) return 10 ** ((cell + 0.5) / cellsPerDecade);
  }
  return undefined;
}
