import exec from 'k6/execution';

export const options = { dns: { ttl: '1m', select: 'first', policy: 'onlyIPv4' } };
export default function () {
  const { ttl, select, policy } = exec.test.options.dns;
  console.log(ttl, select, policy);
}
