import type { HealthSecond } from '../../health/contract.ts';
import { timeChart } from './chart.ts';
import type { Model } from './model.ts';
import { type Panel, panel, section } from './panel.ts';
import { digits } from './units.ts';

/** How vurun itself fared: whether its numbers are the target's or partly its own. */
export function generatorSection(model: Model): Panel {
  const of = (key: keyof HealthSecond, factor = 1): (number | null)[] =>
    model.points.map(({ health }) => {
      const value = health?.[key];
      return value === undefined ? null : value * factor;
    });
  const known = (key: keyof HealthSecond): boolean =>
    model.points.some(({ health }) => health?.[key] !== undefined);
  const last = (key: keyof HealthSecond): number | undefined =>
    model.points.findLast(({ health }) => health?.[key] !== undefined)?.health?.[key];
  const processors = model.data.begin.environment.processors;
  return section('generator', 'Generator', [
    panel({
      title: 'Event loop',
      question: 'Did timers of the generator come late? Latencies below this are its own.',
      unit: 'delay, worst thread',
      size: 'half',
      when: () => known('delayP99'),
      body: timeChart(model, () => ({
        unit: 'ms',
        lines: [
          { label: 'worst', values: of('delayMax'), colour: 'grey', dash: [2, 3], width: 1 },
          { label: 'p99', values: of('delayP99'), colour: 'red' },
          { label: 'garbage collection', values: of('gcMax'), colour: 'purple' },
        ],
      })),
    }),
    panel({
      title: 'Processors',
      question: 'Had the generator enough of them?',
      unit: 'share of what there is',
      size: 'half',
      when: () => known('cpu'),
      body: timeChart(model, () => ({
        unit: '%',
        lines: [
          ...(known('hostCpu')
            ? [
                {
                  label: 'whole machine',
                  values: of('hostCpu'),
                  colour: 'grey',
                  area: true,
                } as const,
              ]
            : []),
          {
            label: 'vurun',
            values: of('cpu', 1 / Math.max(1, processors)),
            colour: 'blue',
            width: 2,
          },
          { label: 'busiest loop', values: of('utilization'), colour: 'orange' },
        ],
      })),
      note: () =>
        `${processors} processors; the busiest loop is one thread, which has one of them at most.`,
    }),
    panel({
      title: 'Memory',
      question: 'Does the generator grow without end?',
      unit: 'resident memory',
      size: 'half',
      when: () => known('rss'),
      body: timeChart(model, () => ({
        unit: 'bytes',
        lines: [{ label: 'memory', values: of('rss'), colour: 'blue', area: true }],
      })),
    }),
    panel({
      title: 'Files and ports',
      question: 'How near was it to the limits of its system?',
      unit: 'open files, local ports',
      size: 'half',
      when: () => known('files') || known('ports'),
      body: timeChart(model, () => ({
        unit: 'count',
        lines: [
          ...(known('files')
            ? [{ label: 'open files', values: of('files'), colour: 'blue', width: 2 } as const]
            : []),
          ...(known('ports')
            ? [{ label: 'local ports in use', values: of('ports'), colour: 'orange' } as const]
            : []),
          ...(known('timeWait')
            ? [
                {
                  label: 'in TIME_WAIT',
                  values: of('timeWait'),
                  colour: 'grey',
                  dash: [5, 4],
                } as const,
              ]
            : []),
        ],
      })),
      note: () => {
        const [files, ports] = [last('fileLimit'), last('portRange')];
        return [files && `${digits(files)} files`, ports && `${digits(ports)} ports to one address`]
          .filter(Boolean)
          .join(', ')
          .replace(/^./, 'There are $&')
          .concat('.');
      },
    }),
  ]);
}
