import exec from 'k6/execution';

export const options = { iterations: 2, vus: 1 };
export default function () {
  const { currentTestRunDuration, iterationsCompleted, iterationsInterrupted, vusActive, vusInitialized } = exec.instance;
  console.log(currentTestRunDuration > 0, iterationsCompleted, iterationsInterrupted, vusActive, vusInitialized);
}
