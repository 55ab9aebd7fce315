import exec from 'k6/execution';

export const options = { vus: 2 };
export default function () {
  console.log(exec.scenario.executor, exec.scenario.name);
}
