/** How the generator itself fared, second by second. Shares are 0 to 1, times milliseconds, sizes bytes. */

/** One thread's event loop in one second. */
export interface LoopHealth {
  /** How late a timer fired: the median, the 99th percentile and the worst of the second. */
  delayMedian: number;
  delayP99: number;
  delayMax: number;
  /** Share of the second the loop was busy. */
  utilization: number;
  /** Time in garbage collection, in all and at most at once. */
  gc: number;
  gcMax: number;
}

/** The process and its machine in one second. What the system does not tell is absent. */
export interface MachineHealth {
  /** Processor time of this process, in processors. */
  cpu: number;
  /** Share of all processors that were busy with anything. */
  hostCpu?: number;
  /** Times this process was held back by its control group. */
  throttled?: number;
  rss: number;
  /** Files the process has open, and may have. */
  files?: number;
  fileLimit?: number;
  /** TCP sockets of this machine that hold a local port, waiting ones (TIME_WAIT) included, and those alone. */
  ports?: number;
  timeWait?: number;
  /** Local ports there are towards one address and port. */
  portRange?: number;
}

/** Everything of one second of a run; the loops are merged to the worst of all threads. */
export interface HealthSecond extends LoopHealth, MachineHealth {
  /** Milliseconds since 1970 of the second's end, and its length. */
  at: number;
  length: number;
  /** Attempts under way at its end. */
  openHttp: number;
  openWs: number;
}
