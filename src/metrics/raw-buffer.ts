import { limits } from '../limits.ts';
import type { RawChunk, RawSamples } from './batch.ts';

const chunkLength = 16_384;

/** Samples as they came, in columns, until the next flush takes them. */
export class RawBuffer {
  #full: RawChunk[] = [];
  #open: RawChunk = newChunk();
  #length = 0;
  #dropped = 0;

  push(time: number, value: number, series: number): void {
    if (this.#length === chunkLength) {
      if ((this.#full.length + 1) * chunkLength >= limits.rawSamplesPerFlush) {
        this.#dropped++;
        return;
      }
      this.#full.push(this.#open);
      this.#open = newChunk();
      this.#length = 0;
    }
    this.#open.times[this.#length] = time;
    this.#open.values[this.#length] = value;
    this.#open.series[this.#length] = series;
    this.#length++;
  }

  take(): RawSamples {
    const chunks = this.#full;
    if (this.#length > 0) {
      const { times, values, series } = this.#open;
      // Copies: a view would drag its whole buffer through the structured clone.
      chunks.push({
        times: times.slice(0, this.#length),
        values: values.slice(0, this.#length),
        series: series.slice(0, this.#length),
      });
    }
    const taken: RawSamples = { chunks, dropped: this.#dropped };
    this.#full = [];
    this.#length = 0;
    this.#dropped = 0;
    return taken;
  }
}

function newChunk(): RawChunk {
  return {
    times: new Float64Array(chunkLength),
    values: new Float64Array(chunkLength),
    series: new Int32Array(chunkLength),
  };
}
