import type { BuiltinName } from '../../src/metrics/contract.ts';
import { ShardRecorder } from '../../src/metrics/recorder.ts';
import { createRegistry } from '../../src/metrics/registry.ts';
import { rootTags } from '../../src/metrics/tag-set.ts';
import type { Benchmark } from '../benchmark.ts';
import { compare, nanosecondsPer } from '../harness.ts';

/** What one HTTP request leaves behind. */
const ofRequest: readonly BuiltinName[] = [
  'http_reqs',
  'http_req_duration',
  'http_req_blocked',
  'http_req_connecting',
  'http_req_tls_handshaking',
  'http_req_sending',
  'http_req_waiting',
  'http_req_receiving',
  'http_req_failed',
];

export const recordCost: Benchmark = {
  name: 'record-cost',
  about: 'what it costs to record samples, inside this process',
  async run(lab) {
    const passes = lab.scale.tiny ? 1_000 : 500_000;
    const { builtins } = createRegistry();
    const recorder = new ShardRecorder({
      source: 0,
      submetrics: [],
      warn: (message) => lab.say(message),
    });
    const base = rootTags({ scenario: 'default', group: '' });
    const metrics = ofRequest.map((name) => builtins[name]);
    const samples = (name: BuiltinName): number =>
      nanosecondsPer(passes, (count) => {
        const metric = builtins[name];
        for (let i = 0; i < count; i++) recorder.add(metric, base, (i % 1_000) / 10, i);
      });
    const requests = (): number =>
      nanosecondsPer(passes, (count) => {
        for (let i = 0; i < count; i++) {
          const tags = base
            .with('method', 'GET')
            .with('status', '200')
            .with('url', 'http://127.0.0.1/')
            .with('name', 'http://127.0.0.1/')
            .with('proto', 'HTTP/1.1')
            .with('expected_response', 'true');
          for (const metric of metrics) recorder.add(metric, tags, (i % 1_000) / 10, i);
        }
      });
    return compare({
      benchmark: recordCost.name,
      rounds: lab.scale.rounds,
      discarded: 1,
      contestants: [
        {
          name: 'vurun',
          async run() {
            return {
              'counter sample, ns': samples('iterations'),
              'trend sample, ns': samples('iteration_duration'),
              'samples and tags of one request, ns': requests(),
              'flush after a sample of each, ns': nanosecondsPer(200, (count) => {
                for (let i = 0; i < count; i++) {
                  for (const metric of metrics) recorder.add(metric, base, i, i);
                  recorder.flush();
                }
              }),
            };
          },
        },
      ],
    });
  },
};
