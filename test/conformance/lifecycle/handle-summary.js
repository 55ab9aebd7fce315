import { Counter, Gauge, Rate, Trend } from 'k6/metrics';
import { check, group } from 'k6';

const [c, g, r, t] = [new Counter('cc'), new Gauge('gg'), new Rate('rr'), new Trend('tt')];
export const options = { thresholds: { cc: ['count==3'], tt: ['avg<1'] } };
export function setup() {
  return { s: 1 };
}
export default function () {
  c.add(3);
  g.add(5);
  g.add(2);
  r.add(true);
  r.add(false);
  t.add(4);
  group('gr', () => check(1, { ok: true }));
}
export function handleSummary(data) {
  const { metrics, root_group, options, state, setup_data } = data;
  console.log(Object.keys(data).sort().join());
  console.log(metrics.cc.type, metrics.cc.contains, metrics.cc.values.count, JSON.stringify(metrics.cc.thresholds));
  console.log(JSON.stringify(metrics.gg.values), JSON.stringify(metrics.rr.values), JSON.stringify(metrics.tt.thresholds));
  console.log(Object.keys(metrics.tt.values).join(), metrics.iteration_duration.contains, metrics.data_sent && metrics.data_sent.contains);
  console.log(JSON.stringify(options.summaryTrendStats), state.isStdOutTTY, state.testRunDurationMs > 0, setup_data.s);
  console.log(root_group.name, root_group.groups[0].name, root_group.groups[0].checks[0].name, root_group.groups[0].checks[0].passes);
  return { stdout: 'to stdout\n', 'out.json': '{"to":"file"}', 'out.bin': new Uint8Array([65, 66]).buffer };
}
