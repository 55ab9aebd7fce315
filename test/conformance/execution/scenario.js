import exec, { scenario } from 'k6/execution';

export const options = { scenarios: { mine: { executor: 'shared-iterations', vus: 1, iterations: 2, exec: 'work', startTime: '50ms' } } };
export function setup() {
  try {
    console.log(exec.scenario.name);
  } catch (e) {
    console.log(e.message);
  }
}
export function work() {
  const { name, executor, startTime, progress, iterationInInstance, iterationInTest } = exec.scenario;
  console.log(name, executor, Math.abs(Date.now() - startTime) < 20_000, progress >= 0 && progress <= 1, iterationInInstance, iterationInTest);
  console.log(scenario === exec.scenario);
}
