/** `npm run bench -- [names…] [--tiny] [--json FILE]`: the benchmarks, and one table of ratios. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { httpThroughput } from './benchmarks/http-throughput.ts';
import { idleSessions } from './benchmarks/idle-sessions.ts';
import { latencyAccuracy } from './benchmarks/latency-accuracy.ts';
import { lateness } from './benchmarks/lateness.ts';
import { longRun } from './benchmarks/long-run.ts';
import { manyVus } from './benchmarks/many-vus.ts';
import { opRoundTrip } from './benchmarks/op-round-trip.ts';
import { recordCost } from './benchmarks/record-cost.ts';
import { scriptCpu } from './benchmarks/script-cpu.ts';
import { vuStart } from './benchmarks/vu-start.ts';
import { wsEcho } from './benchmarks/ws-echo.ts';
import { fullScale, type Row, tinyScale } from './harness.ts';
import { Lab } from './lab.ts';
import { formatTable } from './table.ts';

const benchmarks: readonly Benchmark[] = [
  httpThroughput,
  wsEcho,
  vuStart,
  idleSessions,
  manyVus,
  opRoundTrip,
  recordCost,
  scriptCpu,
  latencyAccuracy,
  lateness,
  longRun,
];

function usageLine({ name, about, onlyByName }: Benchmark): string {
  return `  ${name.padEnd(17)} ${about}${onlyByName === true ? ' (only when it is named)' : ''}`;
}

const usage = `npm run bench -- [names…] [--tiny] [--json FILE]

  --tiny       each once and small, to see that none has rotted
  --json FILE  write the rows and what they were measured on to this file

${benchmarks.map(usageLine).join('\n')}
`;

/** Lines of progress go to stderr, the table to stdout. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function machine(): Record<string, string | number> {
  const pack = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  return {
    vurun: (JSON.parse(pack) as { version: string }).version,
    node: process.versions.node,
    system: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
}

async function bench(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tiny: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const unknown = positionals.find((name) => !benchmarks.some((one) => one.name === name));
  if (unknown !== undefined) {
    say(`there is no benchmark '${unknown}'\n\n${usage}`);
    return 2;
  }
  if (process.platform !== 'linux') {
    say('the benches read CPU time and memory from /proc, which only Linux has: run them there');
    return 2;
  }
  const lab = new Lab(values.tiny ? tinyScale : fullScale, say);
  const rows: Row[] = [];
  const failures: string[] = [];
  for (const benchmark of benchmarks) {
    const isNamed = positionals.includes(benchmark.name);
    if (positionals.length > 0 ? !isNamed : benchmark.onlyByName === true) continue;
    say(`${benchmark.name}: ${benchmark.about}`);
    try {
      rows.push(...(await benchmark.run(lab)));
    } catch (thrown) {
      // The others may still have something to tell.
      failures.push(`${benchmark.name}: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
  }
  process.stdout.write(`\n${formatTable(rows)}\n`);
  const about = machine();
  process.stdout.write(
    `\n${Object.entries(about)
      .map(([k, v]) => `${k} ${v}`)
      .join(', ')}\n`,
  );
  if (values.json !== undefined) {
    const report = { machine: about, tiny: values.tiny, rows, failures };
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  for (const failure of failures) say(`FAILED ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

process.exit(await bench());
