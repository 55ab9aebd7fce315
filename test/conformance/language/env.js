export const options = { scenarios: { a: { executor: 'per-vu-iterations', iterations: 2, env: { OF_SCENARIO: 's', GIVEN: 'over' } } } };
const inInit = [__ENV.GIVEN, __ENV.OF_SCENARIO].join();
export default function () {
  console.log(inInit, __ENV.GIVEN, __ENV.OF_SCENARIO, typeof __ENV.NUMBER, __ENV.FROM_SYSTEM, __ENV.mine);
  __ENV.mine = 'kept';
}
