import exec from 'k6/execution';

export default function () {
  const o = exec.test.options;
  console.log(o.userAgent, o.maxRedirects, o.rps, o.throw, o.discardResponseBodies, o.insecureSkipTLSVerify, o.noConnectionReuse);
  console.log(exec.scenario.executor, o.scenarios.default.vus);
}
