/** `k6/metrics`: the classes of `vurun/metrics`, which k6 also lets be called without `new`. */
import {
  Counter as CounterClass,
  Gauge as GaugeClass,
  Rate as RateClass,
  Trend as TrendClass,
} from '../modules/metrics.ts';

function callable<Made extends new (name: string, isTime?: boolean) => object>(made: Made): Made {
  return new Proxy(made, {
    apply: (_target, _self, args) => Reflect.construct(made, args) as object,
  });
}

export const Counter: typeof CounterClass = /* @__PURE__ */ callable(CounterClass);
export const Gauge: typeof GaugeClass = /* @__PURE__ */ callable(GaugeClass);
export const Rate: typeof RateClass = /* @__PURE__ */ callable(RateClass);
export const Trend: typeof TrendClass = /* @__PURE__ */ callable(TrendClass);

const metrics: {
  Counter: typeof Counter;
  Gauge: typeof Gauge;
  Rate: typeof Rate;
  Trend: typeof Trend;
} = { Counter, Gauge, Rate, Trend };
export default metrics;
