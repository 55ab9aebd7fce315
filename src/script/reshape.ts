/** The same scenarios at another pace, or with more or less of the same load. */
import type { ScenarioPlanInput } from './config.ts';

/**
 * The same load reached `factor` times as slowly: ramps take that much longer, constant rates are that
 * much lower and go on for that much longer. Plateaus stay as they are.
 */
export function paced(scenario: ScenarioPlanInput, factor: number): ScenarioPlanInput {
  if (factor === 1) return scenario;
  switch (scenario.executor) {
    case 'ramping-vus':
      return { ...scenario, stages: slower(scenario.stages, scenario.startVUs, factor) };
    // Rates are whole numbers in a time unit: a longer unit makes them lower.
    case 'ramping-arrival-rate':
      return {
        ...scenario,
        timeUnitMs: scenario.timeUnitMs * factor,
        stages: scenario.stages.map(({ durationMs, target }) => ({
          durationMs: durationMs * factor,
          target,
        })),
      };
    case 'constant-arrival-rate':
      return {
        ...scenario,
        timeUnitMs: scenario.timeUnitMs * factor,
        durationMs: scenario.durationMs * factor,
      };
    default:
      return scenario;
  }
}

/** Whether another pace makes a difference to it. */
export function hasPace(scenario: ScenarioPlanInput): boolean {
  return JSON.stringify(paced(scenario, 2)) !== JSON.stringify(scenario);
}

function slower(
  stages: readonly { durationMs: number; target: number }[],
  from: number,
  factor: number,
): { durationMs: number; target: number }[] {
  return stages.map(({ durationMs, target }, index) => {
    const before = stages[index - 1]?.target ?? from;
    return { durationMs: before === target ? durationMs : durationMs * factor, target };
  });
}

/** `factor` times as many VUs, or starts a second. At least one of each. */
export function loaded(scenario: ScenarioPlanInput, factor: number): ScenarioPlanInput {
  if (factor === 1) return scenario;
  const many = (count: number): number =>
    count === 0 ? 0 : Math.max(1, Math.round(count * factor));
  switch (scenario.executor) {
    case 'constant-vus':
    case 'per-vu-iterations':
      return { ...scenario, vus: many(scenario.vus) };
    case 'shared-iterations':
      return { ...scenario, vus: many(scenario.vus), iterations: many(scenario.iterations) };
    case 'ramping-vus':
      return {
        ...scenario,
        startVUs: many(scenario.startVUs),
        stages: scenario.stages.map((stage) => ({ ...stage, target: many(stage.target) })),
      };
    case 'constant-arrival-rate':
      return {
        ...scenario,
        ...finer(scenario.timeUnitMs),
        rate: fine(scenario.rate * factor),
        preAllocatedVUs: many(scenario.preAllocatedVUs),
        maxVUs: many(scenario.maxVUs),
      };
    case 'ramping-arrival-rate':
      return {
        ...scenario,
        ...finer(scenario.timeUnitMs),
        startRate: fine(scenario.startRate * factor),
        preAllocatedVUs: many(scenario.preAllocatedVUs),
        maxVUs: many(scenario.maxVUs),
        stages: scenario.stages.map((stage) => ({ ...stage, target: fine(stage.target * factor) })),
      };
  }
}

/** Rates are whole numbers, so that a fraction of one is counted in a longer unit. */
const grain = 100;
function finer(timeUnitMs: number): { timeUnitMs: number } {
  return { timeUnitMs: timeUnitMs * grain };
}
function fine(rate: number): number {
  return Math.round(rate * grain);
}
