/** The page of a report: reads its data, draws, and in a live run draws again with every second. */
import uplotStyle from 'uplot/dist/uPlot.min.css';
import type { AttemptFacts, PageData, PagePoint } from '../page-data.ts';
import { answersSection } from './answers.ts';
import { watchCharts } from './chart.ts';
import { connectionsSection, socketsSection } from './connections.ts';
import { h, put } from './dom.ts';
import { generatorSection } from './generator.ts';
import { latencySection } from './latency.ts';
import { Model } from './model.ts';
import { aboutSection, demandsSection, failuresSection, metricsSection } from './outcomes.ts';
import { overview } from './overview.ts';
import type { Panel } from './panel.ts';
import { style } from './style.ts';
import { onTheme, restoreTheme, switchTheme, themeNow } from './theme.ts';
import { throughputSection } from './throughput.ts';
import { clock } from './units.ts';
import { verdictStrip } from './verdict.ts';

restoreTheme();
document.head.append(h('style', {}, uplotStyle + style));
watchCharts();
const packed = document.getElementById('data')?.textContent ?? '';
if (packed === '') listen();
else void unpack(packed).then(show);

async function unpack(base64: string): Promise<PageData> {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(stream).json()) as PageData;
}

/** Lays the page out; what it returns draws it anew from the model's data. */
function show(
  data: PageData,
  live = false,
): { model: Model; update: () => void; live: (state: string) => void } {
  const model = new Model(data);
  const state = h('span');
  const sections: readonly (readonly [Panel, string])[] = [
    [verdictStrip(model), 'Verdict'],
    [latencySection(model), 'Latency'],
    [throughputSection(model), 'Throughput'],
    [connectionsSection(model), 'Connections'],
    [answersSection(model), 'Answers'],
    [socketsSection(model), 'Sockets'],
    [generatorSection(model), 'Generator'],
    [demandsSection(model), 'Checks'],
    [metricsSection(model), 'Metrics'],
    [failuresSection(model), 'Failures'],
    [aboutSection(model), 'About'],
  ];
  const head = overview(model, () => live);
  const lamp = h('span', { class: 'lamp' });
  const nav = h('nav', { 'aria-label': 'Sections' });
  const reset = h(
    'button',
    { type: 'button', class: 'small', onclick: () => model.zoom(undefined) },
    'Show all',
  );
  const zoom = h('span', { class: 'zoom' }, h('span', {}, state), reset);
  const theme = h('button', { type: 'button', class: 'theme', onclick: switchTheme });
  const tell = (): void => {
    const { range } = model;
    reset.hidden = range === undefined;
    state.className = range === undefined ? 'hint' : '';
    put(
      state,
      range === undefined
        ? 'drag across a chart to zoom'
        : `${clock(range[0] * 1_000, true)} – ${clock(range[1] * 1_000, true)}`,
    );
    put(theme, themeNow() === 'dark' ? 'Light' : 'Dark');
  };
  model.onZoom(tell);
  onTheme(tell);
  document.body.append(
    h(
      'div',
      { class: 'bar' },
      h('div', { class: 'wrap' }, h('span', { class: 'mark' }, 'vurun'), lamp, nav, zoom, theme),
    ),
    h('main', { class: 'wrap' }, head.element, ...sections.map(([part]) => part.element)),
    h(
      'footer',
      {},
      h(
        'div',
        { class: 'wrap' },
        `Made by vurun ${data.begin.vurun}. ${live ? 'This page is live; `vurun report` makes one to keep.' : 'This page holds all its data and loads nothing.'}`,
      ),
    ),
  );
  const finish = (): void => {
    const shown = sections.filter(([part]) => !part.element.hidden);
    put(nav, ...shown.map(([part, title]) => h('a', { href: `#${part.element.id}` }, title)));
    tell();
    document.documentElement.dataset['ready'] = 'true';
  };
  const update = (): void => {
    head.update();
    for (const [part] of sections) part.update();
    finish();
  };
  head.update();
  tell();
  // One after the other, so that the verdict is there to be read while charts are still drawn.
  void (async () => {
    for (const [part] of sections) {
      part.update();
      await new Promise((resolve) => {
        setTimeout(resolve);
      });
    }
    finish();
  })();
  return { model, update, live: (word) => put(lamp, word) };
}

/** A run that goes on: its server tells each second, and at the end what it came to. */
function listen(): void {
  let page: ReturnType<typeof show> | undefined;
  const waiting = h('p', { class: 'wrap waiting' }, 'Waiting for the run to begin …');
  document.body.append(waiting);
  const points: PagePoint[] = [];
  const events = new EventSource('events');
  const on = <T>(name: string, heard: (data: T) => void): void =>
    events.addEventListener(name, (event) =>
      heard(JSON.parse((event as MessageEvent<string>).data) as T),
    );
  on<PageData>('all', (data) => {
    points.splice(0, points.length, ...data.points);
    const all = { ...data, points };
    if (page === undefined) {
      document.title = `${data.begin.script.name} · vurun`;
      waiting.remove();
      page = show(all, true);
    } else {
      page.model.data = all;
      page.update();
    }
    if (data.end !== undefined) events.close();
    page.live(data.end === undefined ? 'live' : '');
  });
  on<{ point: PagePoint; facts: AttemptFacts }>('second', ({ point, facts }) => {
    points.push(point);
    if (page === undefined) return;
    page.model.data = { ...page.model.data, facts };
    page.update();
  });
  events.addEventListener('error', () => page?.live('connection lost'));
  events.addEventListener('open', () => page?.live('live'));
}
