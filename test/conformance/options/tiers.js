import exec from 'k6/execution';

export const options = { maxRedirects: 2, batch: 2, batchPerHost: 2, userAgent: 'script' };
export default function () {
  const { maxRedirects, batch, batchPerHost, userAgent, rps } = exec.test.options;
  console.log(maxRedirects, batch, batchPerHost, userAgent, rps);
}
