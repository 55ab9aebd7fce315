import { type Line, timeChart } from './chart.ts';
import type { Model } from './model.ts';
import { type Panel, panel, section } from './panel.ts';

/** How much was done, and in an open model how much should have been. */
export function throughputSection(model: Model): Panel {
  const line = (
    label: string,
    metric: string,
    colour: Line['colour'],
    more: Partial<Line> = {},
  ): Line[] =>
    model.counted(metric) ? [{ label, values: model.rate(metric), colour, ...more }] : [];
  const rates = (): Line[] => [
    ...line('requests', 'http_reqs', 'blue', { width: 2 }),
    ...line('iterations', 'iterations', 'teal'),
    ...line('dials', 'ws_handshakes', 'orange'),
    ...line('messages in', 'ws_msgs_received', 'purple'),
    ...line('messages out', 'ws_msgs_sent', 'purple', { dash: [5, 4] }),
  ];
  const open = (): boolean => model.counted('iterations_offered');
  return section('throughput', 'Throughput', [
    panel({
      title: 'Throughput',
      question: 'How much was done in each second?',
      unit: 'a second',
      size: 'half',
      when: () => rates().length > 0,
      body: timeChart(model, () => ({ unit: '/s', lines: rates() })),
    }),
    panel({
      title: 'Transfer',
      question: 'How many bytes went over the wire?',
      unit: 'bytes a second',
      size: 'half',
      when: () => model.counted('data_sent') || model.counted('data_received'),
      body: timeChart(model, () => ({
        unit: 'bytes/s',
        lines: [
          { label: 'received', values: model.rate('data_received'), colour: 'blue', area: true },
          { label: 'sent', values: model.rate('data_sent'), colour: 'orange' },
        ],
      })),
    }),
    panel({
      title: 'Offered, started, completed',
      question: 'Was the load that was asked for really made, and did the target keep up?',
      unit: 'iterations a second',
      size: 'half',
      when: open,
      body: timeChart(model, () => ({
        unit: '/s',
        lines: [
          {
            label: 'offered',
            values: model.rate('iterations_offered'),
            colour: 'grey',
            area: true,
          },
          { label: 'started', values: model.rate('iterations_started'), colour: 'blue', width: 2 },
          { label: 'completed', values: model.rate('iterations'), colour: 'teal', dash: [6, 4] },
          ...line('dropped', 'dropped_iterations', 'red'),
        ],
      })),
    }),
    panel({
      title: 'Lateness of starts',
      question: 'How far behind its own schedule was the generator?',
      unit: 'time',
      size: 'half',
      when: () => open() && model.has('iteration_lateness'),
      body: timeChart(model, () => ({
        unit: 'ms',
        lines: [
          { label: 'p99', values: model.trend('iteration_lateness', 7), colour: 'red' },
          {
            label: 'median',
            values: model.trend('iteration_lateness', 4),
            colour: 'blue',
            width: 2,
          },
        ],
      })),
    }),
  ]);
}
