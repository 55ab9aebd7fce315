/** Charts: the only home of uPlot. All charts over time share their zoom and cursor. */
import uPlot from 'uplot';
import { h, put } from './dom.ts';
import type { Model } from './model.ts';
import { type Colour, onTheme, paint, thin } from './theme.ts';
import { brief, clock, tick, type Unit } from './units.ts';

export interface Line {
  label: string;
  values: readonly (number | null | undefined)[];
  colour: Colour;
  dash?: readonly number[];
  width?: number;
  /** Measured on the right-hand axis. */
  right?: boolean;
  /** Filled down to 0. */
  area?: boolean;
}

/** What a chart over time shows: lines, or layers that lie on each other. */
export interface TimeContent {
  unit: Unit;
  rightUnit?: Unit;
  lines: readonly Line[];
  stacked?: boolean;
  log?: boolean;
}

/** Something on the page that can be drawn anew. */
export interface Drawn {
  readonly element: HTMLElement;
  update(): void;
}

// oxlint-disable typescript/no-unsafe-enum-assignment -- uPlot's enums exist as types only.
const logarithmic = 3 as uPlot.Scale.Distr;
const onTheRight = 1 as uPlot.Axis.Side;
// oxlint-enable typescript/no-unsafe-enum-assignment

const heightOf = (width: number): number => (width < 480 ? 180 : 220);
const font = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const living = new Set<{ redraw(): void; resize(width?: number): void }>();
let observer: ResizeObserver | undefined;
const byElement = new WeakMap<Element, () => void>();

/** Listens to what makes all charts be drawn anew. */
export function watchCharts(): void {
  onTheme(() => {
    for (const chart of living) chart.redraw();
  });
  // A page of paper has a width of its own, which nobody tells before it is laid out.
  addEventListener('beforeprint', () => {
    for (const chart of living) chart.resize(654);
  });
  addEventListener('afterprint', () => {
    for (const chart of living) chart.resize();
  });
}

function keepSize(host: HTMLElement, plot: () => uPlot | undefined): void {
  const resize = (paper?: number): void => {
    const u = plot();
    const half = paper !== undefined && host.closest('.half:not(.alone), .third') !== null;
    const width = paper === undefined ? host.clientWidth : half ? paper / 2 - 26 : paper;
    if (u !== undefined && width > 0 && width !== u.width)
      u.setSize({ width, height: heightOf(width) });
  };
  observer ??= new ResizeObserver((entries) => {
    for (const { target } of entries) byElement.get(target)?.();
  });
  byElement.set(host, () => resize());
  observer.observe(host);
  living.add({ redraw: () => plot()?.redraw(false), resize });
}

function axis(values: uPlot.Axis.Values, more: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return {
    stroke: () => paint('mute'),
    font,
    grid: { stroke: () => paint('grid'), width: 1, filter: namedOnly },
    ticks: { show: false },
    border: { show: false },
    gap: 6,
    values,
    ...more,
  };
}

/** Of a logarithmic axis only powers of ten have a line. */
function namedOnly(u: uPlot, splits: number[], index: number): (number | null)[] {
  const scale = u.axes[index]?.scale ?? 'x';
  return u.scales[scale]?.distr === logarithmic
    ? splits.map((v) => (isPower(v) ? v : null))
    : splits;
}

function isPower(value: number): boolean {
  const power = Math.log10(value);
  return Math.abs(power - Math.round(power)) < 1e-6;
}

/** Marks a chart no pointer is over, whose legend then has names only. */
const idleHook = (u: uPlot): void => {
  u.root.classList.toggle('idle', u.cursor.idx === null || u.cursor.idx === undefined);
};

/** Wide enough for the longest text of an axis. */
function axisSize(u: uPlot, values: readonly (string | null)[] | null): number {
  if (values === null) return 40;
  u.ctx.save();
  u.ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  const widest = Math.max(0, ...values.map((text) => u.ctx.measureText(text ?? '').width));
  u.ctx.restore();
  return Math.ceil(widest / devicePixelRatio) + 14;
}

const timeAxis = (): uPlot.Axis =>
  axis(
    (_, ticks) => {
      const fine = (ticks[1] ?? 1) - (ticks[0] ?? 0) < 1;
      return ticks.map((second) => clock(second * 1_000, fine));
    },
    {
      space: 64,
      size: 24,
      incrs: [
        0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400,
      ],
    },
  );

/** On a logarithmic axis only powers of ten are named, and their grid is drawn. */
const logValues =
  (unit: Unit) =>
  (_: uPlot, splits: number[]): (string | null)[] =>
    splits.map((v) => (isPower(v) ? tick(v, unit) : null));

/** A chart over time; `content` answers undefined while there is nothing to draw. */
export function timeChart(model: Model, content: () => TimeContent | undefined): Drawn {
  const host = h('div', { class: 'chart' });
  let plot: uPlot | undefined;
  let shape = '';
  const raw: { lines: readonly Line[] } = { lines: [] };

  const update = (): void => {
    const now = content();
    if (now === undefined) return;
    raw.lines = now.lines;
    const data = [model.times(), ...layers(now)] as uPlot.AlignedData;
    const wanted = JSON.stringify([
      now.unit,
      now.rightUnit,
      now.log,
      now.lines.map((l) => [l.label, l.colour]),
    ]);
    if (plot !== undefined && wanted === shape) {
      plot.setData(data, model.range === undefined);
      look();
      return;
    }
    shape = wanted;
    plot?.destroy();
    const width = Math.max(200, host.clientWidth || 400);
    plot = new uPlot(options(model, now, raw, width), data, host);
    look();
  };
  const look = (): void => {
    const [min, max] = model.range ?? model.whole;
    plot?.setScale('x', { min, max });
  };
  model.onZoom(look);
  keepSize(host, () => plot);
  return { element: host, update };
}

/** Values to draw: those of stacked lines lie on the ones before them, and the topmost is drawn first. */
function layers({ lines, stacked, log }: TimeContent): (number | null | undefined)[][] {
  if (stacked !== true) {
    return lines.map(({ values, right }) =>
      // A logarithm has no place for what is not above 0.
      values.map((v) => (log === true && right !== true && isNumber(v) && v <= 0 ? null : v)),
    );
  }
  const heights: number[] = [];
  return lines.map(({ values }) =>
    values.map((value, i) => (heights[i] = (heights[i] ?? 0) + (value ?? 0))),
  );
}

function options(
  model: Model,
  content: TimeContent,
  raw: { lines: readonly Line[] },
  width: number,
): uPlot.Options {
  const { unit, rightUnit, lines, stacked, log } = content;
  const top = (_: uPlot, __: number, max: number): uPlot.Range.MinMax => [
    0,
    max > 0 ? max * 1.08 : unit === '%' ? 1 : 1,
  ];
  const right = lines.some((line) => line.right);
  return {
    width,
    height: heightOf(width),
    padding: [8, right ? 0 : 20, 0, 0],
    legend: {
      live: true,
      markers: {
        width: 2,
        stroke: (_, i) => `var(--${lines[i - 1]?.colour ?? 'grey'})`,
        dash: (_, i) => (lines[i - 1]?.dash === undefined ? 'solid' : 'dashed'),
      },
    },
    cursor: {
      sync: { key: 'time', setSeries: false },
      y: false,
      points: { size: 6 },
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          model.zoom(undefined);
          return null;
        },
      },
    },
    scales: {
      x: { time: false },
      y: log === true ? { distr: logarithmic } : { range: top },
      ...(right && { right: { range: top } }),
    },
    axes: [
      timeAxis(),
      axis(log === true ? logValues(unit) : (_, splits) => splits.map((v) => tick(v, unit)), {
        scale: 'y',
        size: axisSize,
        space: 32,
      }),
      ...(right
        ? [
            axis((_, splits) => splits.map((v) => tick(v, rightUnit ?? unit)), {
              scale: 'right',
              side: onTheRight,
              size: axisSize,
              grid: { show: false },
              space: 32,
            }),
          ]
        : []),
    ],
    series: [
      { label: 'time', value: (_, v) => (v === null ? '' : clock(v * 1_000)) },
      ...lines.map((line, i): uPlot.Series => {
        const lineUnit = line.right === true ? (rightUnit ?? unit) : unit;
        const filled = line.area === true || stacked === true;
        return {
          label: line.label,
          scale: line.right === true ? 'right' : 'y',
          stroke: () => paint(line.colour),
          width: line.width ?? 1.5,
          ...(line.dash && { dash: [...line.dash] }),
          ...(filled && { fill: () => thin(line.colour, stacked === true ? 0.55 : 0.14) }),
          spanGaps: false,
          points: {
            show: isolated,
            size: 4,
            fill: () => paint(line.colour),
            stroke: () => paint(line.colour),
          },
          // Of layers the legend has the height of each, not where its top lies.
          value: (_, __, ___, at) => {
            const value = at === null || at === undefined ? undefined : raw.lines[i]?.values[at];
            return value === null || value === undefined ? '' : brief(value, lineUnit);
          },
        };
      }),
    ],
    ...(stacked === true && {
      bands: lines.slice(1).map((_, i) => ({
        series: [i + 2, i + 1] as [number, number],
        fill: () => thin((lines[i + 1] as Line).colour, 0.55),
      })),
    }),
    hooks: {
      init: [idleHook],
      setCursor: [idleHook],
      setSelect: [
        (u) => {
          if (u.select.width < 4) return;
          const from = u.posToVal(u.select.left, 'x');
          const to = u.posToVal(u.select.left + u.select.width, 'x');
          u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          if (to - from > 0.5) model.zoom([from, to]);
        },
      ],
    },
  };
}

/** A point that no line reaches is drawn as one. */
function isolated(u: uPlot, series: number): boolean {
  const values = u.data[series] as (number | null | undefined)[];
  let lonely = 0;
  for (let i = 0; i < values.length; i++) {
    if (isNumber(values[i]) && !isNumber(values[i - 1]) && !isNumber(values[i + 1])) lonely++;
  }
  return lonely > 0 && lonely >= values.filter(isNumber).length / 4;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}

/** A vertical line with a word at its top. */
export interface Mark {
  at: number;
  label: string;
  colour: Colour;
}

export interface BarsContent {
  unit: Unit;
  /** Of each layer counts by cell; cells are a fixed share of a power of ten wide. */
  layers: readonly { label: string; colour: Colour; cells: ReadonlyMap<number, number> }[];
  marks: readonly Mark[];
  perDecade: number;
}

/** Counts over a logarithmic axis of values, stacked. */
export function barsChart(content: () => BarsContent | undefined): Drawn {
  const host = h('div', { class: 'chart' });
  let plot: uPlot | undefined;
  let marks: readonly Mark[] = [];
  let counts: number[][] = [];
  let shape = '';
  const update = (): void => {
    const now = content();
    if (now === undefined) return;
    const { layers, perDecade, unit } = now;
    const cells = layers.flatMap((layer) => [...layer.cells.keys()]);
    const marked = now.marks.map((mark) => Math.floor(Math.log10(mark.at) * perDecade));
    const [least, most] = [Math.min(...cells, ...marked) - 1, Math.max(...cells, ...marked) + 1];
    // A lonely bar would be as wide as the chart.
    const room = Math.max(0, Math.ceil((perDecade - (most - least)) / 2));
    const [from, to] = [least - room, most + room];
    const xs = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    counts = layers.map((layer) => xs.map((cell) => layer.cells.get(cell) ?? 0));
    const heights: number[] = xs.map(() => 0);
    const stacked = counts.map((values) =>
      values.map((v, i) => (heights[i] = (heights[i] as number) + v)),
    );
    marks = now.marks.map((mark) => ({ ...mark, at: Math.log10(mark.at) * perDecade - 0.5 }));
    // The highest bars are drawn first, so that the lower ones lie on top of them.
    const data = [xs, ...stacked.toReversed()] as uPlot.AlignedData;
    const wanted = JSON.stringify(layers.map((layer) => layer.label));
    if (plot !== undefined && shape === wanted) {
      plot.setData(data);
      return;
    }
    shape = wanted;
    plot?.destroy();
    const width = Math.max(200, host.clientWidth || 400);
    const order = layers.toReversed();
    const value = (cell: number): number => 10 ** (cell / perDecade);
    plot = new uPlot(
      {
        width,
        height: heightOf(width),
        padding: [32, 12, 0, 0],
        legend: {
          live: true,
          markers: { width: 8, stroke: (_, i) => `var(--${order[i - 1]?.colour ?? 'grey'})` },
        },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: {
          x: { time: false, range: (_, min, max) => [min - 0.5, max + 0.5] },
          y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] },
        },
        axes: [
          axis(
            (_, splits) =>
              splits.map((cell) => tick(Number(value(cell + 0.5).toPrecision(1)), unit)),
            {
              space: 48,
              size: 24,
              splits: (_, __, min, max) => decades(min, max, perDecade),
            },
          ),
          axis((_, splits) => splits.map((v) => (Number.isInteger(v) ? tick(v, 'count') : null)), {
            size: axisSize,
            space: 32,
          }),
        ],
        series: [
          {
            label: unit === 'ms' ? 'time' : 'value',
            value: (_, cell) =>
              cell === null ? '' : `${brief(value(cell), unit)} – ${brief(value(cell + 1), unit)}`,
          },
          ...order.map(
            (layer, i): uPlot.Series => ({
              label: layer.label,
              stroke: () => paint(layer.colour),
              width: 0,
              fill: () => mixed(layer.colour),
              paths: (uPlot.paths.bars as uPlot.Series.BarsPathBuilderFactory)({
                size: [0.92, Number.POSITIVE_INFINITY],
              }),
              points: { show: false },
              value: (_, __, ___, at) =>
                at === null || at === undefined
                  ? ''
                  : brief(counts[layers.length - 1 - i]?.[at] ?? 0, 'count'),
            }),
          ),
        ],
        hooks: { init: [idleHook], setCursor: [idleHook], draw: [(u) => drawMarks(u, marks)] },
      },
      data,
      host,
    );
  };
  keepSize(host, () => plot);
  return { element: host, update };
}

/** Opaque, so that what lies below does not shine through. */
function mixed(colour: Colour): string {
  return paint(colour);
}

/** Positions of 1, 10, 100 …, and where there are few of them of 2 and 5 as well; a cell's left edge. */
function decades(min: number, max: number, perDecade: number): number[] {
  const steps =
    (max - min) / perDecade > 3 ? [1] : (max - min) / perDecade > 1.6 ? [1, 3] : [1, 2, 5];
  const splits: number[] = [];
  for (let power = Math.floor(min / perDecade) - 1; power <= Math.ceil(max / perDecade); power++) {
    for (const step of steps) {
      const at = (power + Math.log10(step)) * perDecade - 0.5;
      if (at >= min && at <= max) splits.push(at);
    }
  }
  return splits;
}

function drawMarks(u: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px system-ui, sans-serif`;
  ctx.textBaseline = 'bottom';
  ctx.textAlign = 'left';
  // Two lines of words: those that would lie on each other go to the upper one.
  const free = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at, label, colour } of marks.toSorted((a, b) => a.at - b.at)) {
    const x = Math.round(u.valToPos(at, 'x', true));
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    ctx.strokeStyle = paint(colour);
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(label).width;
    const left = Math.min(Math.max(bbox.left, x - width / 2), bbox.left + bbox.width - width);
    const row = free.findIndex((from) => left >= from);
    if (row < 0) continue;
    ctx.fillStyle = paint('mute');
    ctx.fillText(label, left, bbox.top - (3 + 13 * row) * ratio);
    free[row] = left + width + 6 * ratio;
  }
  ctx.restore();
}

export interface HeatContent {
  unit: Unit;
  /** By point: a cell and its count by turns. */
  columns: readonly (readonly number[])[];
  perDecade: number;
}

/** Time across, value upwards on a logarithmic axis, the more the darker. */
export function heatChart(model: Model, content: () => HeatContent | undefined): Drawn {
  const host = h('div', { class: 'chart' });
  const most = h('span');
  const element = h(
    'div',
    {},
    host,
    h('div', { class: 'scale' }, h('span', {}, '1'), h('i'), most),
  );
  let plot: uPlot | undefined;
  let now: HeatContent | undefined;
  let bounds: [number, number] = [1, 10];
  let shape: string | undefined;
  const update = (): void => {
    now = content();
    if (now === undefined) return;
    let [low, high, top] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    for (const column of now.columns) {
      for (let i = 0; i < column.length; i += 2) {
        low = Math.min(low, column[i] as number);
        high = Math.max(high, column[i] as number);
        top = Math.max(top, column[i + 1] as number);
      }
    }
    const { perDecade, unit } = now;
    bounds = [10 ** ((low - 1) / perDecade), 10 ** ((high + 2) / perDecade)];
    put(most, `${brief(top, 'count')} samples in a cell`);
    const times = model.times();
    const data = [times, times.map(() => null)] as uPlot.AlignedData;
    if (plot !== undefined && shape === unit) {
      plot.setData(data, model.range === undefined);
      look();
      return;
    }
    shape = unit;
    plot?.destroy();
    const width = Math.max(200, host.clientWidth || 400);
    const base = options(model, { unit, lines: [] }, { lines: [] }, width);
    plot = new uPlot(
      {
        ...base,
        legend: { show: false },
        scales: { x: { time: false }, y: { distr: logarithmic, range: () => bounds } },
        axes: [timeAxis(), axis(logValues(unit), { size: axisSize, space: 24 })],
        series: [{}, { show: true, stroke: 'transparent', points: { show: false } }],
        hooks: { ...base.hooks, draw: [(u) => drawHeat(u, model, now as HeatContent, top)] },
      },
      data,
      host,
    );
    look();
  };
  const look = (): void => {
    const [min, max] = model.range ?? model.whole;
    plot?.setScale('x', { min, max });
  };
  model.onZoom(look);
  keepSize(host, () => plot);
  return { element, update };
}

function drawHeat(u: uPlot, model: Model, { columns, perDecade }: HeatContent, top: number): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const shades = Array.from({ length: 16 }, (_, i) => thin('blue', 0.12 + (0.88 * i) / 15));
  const span = Math.log(Math.max(2, top));
  model.points.forEach(({ t, length }, i) => {
    const left = u.valToPos((t - length) / 1_000, 'x', true);
    const right = u.valToPos(t / 1_000, 'x', true);
    if (right < bbox.left || left > bbox.left + bbox.width) return;
    const column = columns[i] ?? [];
    for (let c = 0; c < column.length; c += 2) {
      const cell = column[c] as number;
      const above = u.valToPos(10 ** ((cell + 1) / perDecade), 'y', true);
      const below = u.valToPos(10 ** (cell / perDecade), 'y', true);
      ctx.fillStyle = shades[
        Math.min(15, Math.floor((Math.log(column[c + 1] as number) / span) * 15.99))
      ] as string;
      ctx.fillRect(left, above, Math.max(1, right - left), Math.max(1, below - above));
    }
  });
  ctx.restore();
}

export interface DotsContent {
  xUnit: Unit;
  yUnit: Unit;
  xLabel: string;
  yLabel: string;
  /** In the order of time. */
  dots: readonly (readonly [x: number, y: number, second: number])[];
  log: boolean;
}

/** A dot a second: the later, the stronger. */
export function dotsChart(content: () => DotsContent | undefined): Drawn {
  const host = h('div', { class: 'chart' });
  const element = h(
    'div',
    {},
    host,
    h('div', { class: 'scale' }, h('span', {}, 'start of the run'), h('i'), h('span', {}, 'end')),
  );
  let plot: uPlot | undefined;
  let now: DotsContent | undefined;
  let shape = '';
  const update = (): void => {
    now = content();
    if (now === undefined) return;
    const sorted = now.dots.toSorted((a, b) => a[0] - b[0]);
    const data = [sorted.map((d) => d[0]), sorted.map((d) => d[1])] as uPlot.AlignedData;
    const { xUnit, yUnit, xLabel, yLabel, log } = now;
    const wanted = JSON.stringify([xUnit, yUnit, xLabel, yLabel, log]);
    if (plot !== undefined && wanted === shape) {
      plot.setData(data);
      return;
    }
    shape = wanted;
    plot?.destroy();
    const width = Math.max(200, host.clientWidth || 400);
    plot = new uPlot(
      {
        width,
        height: heightOf(width),
        padding: [8, 16, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: {
          x: { time: false, range: (_, __, max) => [0, Math.max(1, max * 1.05)] },
          y: log
            ? { distr: logarithmic }
            : { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
        },
        axes: [
          axis((_, splits) => splits.map((v) => tick(v, xUnit)), {
            space: 56,
            size: 24,
            label: xLabel,
            labelFont: font,
            labelSize: 18,
            labelGap: 2,
          }),
          axis(log ? logValues(yUnit) : (_, splits) => splits.map((v) => tick(v, yUnit)), {
            size: axisSize,
            space: 32,
          }),
        ],
        series: [
          { label: xLabel, value: (_, v) => (v === null ? '' : brief(v, xUnit)) },
          {
            label: yLabel,
            stroke: 'transparent',
            paths: () => null,
            points: { show: false },
            value: (_, v) => (v === null ? '' : brief(v, yUnit)),
          },
        ],
        hooks: { draw: [(u) => drawDots(u, (now as DotsContent).dots)] },
      },
      data,
      host,
    );
  };
  keepSize(host, () => plot);
  return { element, update };
}

function drawDots(u: uPlot, dots: DotsContent['dots']): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top - 4, bbox.width + 8, bbox.height + 8);
  ctx.clip();
  const last = Math.max(1, dots.at(-1)?.[2] ?? 1);
  for (const [x, y, second] of dots) {
    if (y <= 0 && u.scales['y']?.distr === logarithmic) continue;
    ctx.fillStyle = thin('blue', 0.15 + (0.75 * second) / last);
    ctx.beginPath();
    ctx.arc(
      u.valToPos(x, 'x', true),
      u.valToPos(y, 'y', true),
      3 * devicePixelRatio,
      0,
      2 * Math.PI,
    );
    ctx.fill();
  }
  ctx.restore();
}
