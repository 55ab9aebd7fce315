import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const counter = new Counter('my_counter');
const gauge = new Gauge('my_gauge');
const rate = new Rate('my_rate');
const trend = Trend('my_trend', true);
export const options = { iterations: 2 };
export default function () {
  console.log(counter.add(2, { kind: 'a', n: 1, on: true }), counter.add('3'), counter.add(true), counter.add(-1));
  gauge.add(7);
  rate.add(true);
  rate.add(0);
  rate.add(5);
  trend.add(1.5);
  if (__ITER === 0) console.log(counter.name, trend.name);
}
