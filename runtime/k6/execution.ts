/** `k6/execution`: the same as `vurun/execution`. */
export { default, instance, scenario, test, vu } from '../modules/execution.ts';
