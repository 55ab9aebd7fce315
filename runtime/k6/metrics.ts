/** `k6/metrics`: the same classes as in `vurun/metrics`. */
import { Counter, Gauge, Rate, Trend } from '../modules/metrics.ts';

export { Counter, Gauge, Rate, Trend };

const metrics: {
  Counter: typeof Counter;
  Gauge: typeof Gauge;
  Rate: typeof Rate;
  Trend: typeof Trend;
} = { Counter, Gauge, Rate, Trend };
export default metrics;
