/** The generator's health while a run goes on: read once a second, recorded and kept. */
import type { OpenCounts } from '../attempts/open-counts.ts';
import type { Clock } from '../clock.ts';
import type { LoopHealth } from '../health/contract.ts';
import { HealthLog, worseLoop } from '../health/health-log.ts';
import { MachineProbe } from '../health/machine-probe.ts';
import type { Builtins, Recorder, TagSet } from '../metrics/contract.ts';

interface HealthParts {
  clock: Clock;
  recorder: Recorder;
  builtins: Builtins;
  tags: TagSet;
  open: OpenCounts;
}

const still: LoopHealth = {
  delayMedian: 0,
  delayP99: 0,
  delayMax: 0,
  utilization: 0,
  gc: 0,
  gcMax: 0,
};

export class Health {
  readonly log = new HealthLog();
  readonly #parts: HealthParts;
  readonly #probe = new MachineProbe();
  /** The worst of the shards' loops since the last second. */
  #loop = still;
  #since = Number.NaN;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  /** From now on time counts: what init took is no sign of health. */
  begin(): void {
    this.#since = this.#parts.clock.now();
    this.#loop = still;
    this.#probe.take();
  }

  heard(loop: LoopHealth): void {
    this.#loop = worseLoop(this.#loop, loop);
  }

  /** Ends a second. */
  record(): void {
    if (Number.isNaN(this.#since)) return;
    const { clock, recorder, builtins, tags, open } = this.#parts;
    const now = clock.now();
    const machine = this.#probe.take();
    const at = clock.wall(now);
    this.log.add({
      ...this.#loop,
      ...machine,
      at,
      length: now - this.#since,
      openHttp: open.total('http'),
      openWs: open.total('ws'),
    });
    this.#loop = still;
    this.#since = now;
    recorder.add(builtins.vurun_cpu, tags, machine.cpu, at);
    recorder.add(builtins.vurun_memory, tags, machine.rss, at);
    const { hostCpu, throttled, files, ports, timeWait } = machine;
    if (hostCpu !== undefined) recorder.add(builtins.vurun_host_cpu, tags, hostCpu, at);
    if (throttled !== undefined) recorder.add(builtins.vurun_throttled, tags, throttled, at);
    if (files !== undefined) recorder.add(builtins.vurun_open_files, tags, files, at);
    if (ports !== undefined) recorder.add(builtins.vurun_ports, tags, ports, at);
    if (timeWait !== undefined) recorder.add(builtins.vurun_time_wait, tags, timeWait, at);
  }
}
