import exec from 'k6/execution';

export const options = { vus: 2, iterations: 4, tags: { run: 'r' }, maxRedirects: 3 };
export default function () {
  if (exec.scenario.iterationInTest > 0) return;
  const o = exec.test.options;
  console.log(o.vus, o.iterations, o.maxRedirects, JSON.stringify(o.tags), o.scenarios.default.executor, o.scenarios.default.vus, o.scenarios.default.iterations);
  try {
    'use strict';
    o.maxRedirects = 9;
  } catch (e) {
    console.log(e.name);
  }
  console.log(Object.isFrozen(o));
}
