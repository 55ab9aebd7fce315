import { check } from 'k6';

export default function () {
  const all = check({ status: 200 }, { 'is 200': (r) => r.status === 200, truthy: 1, falsy: '', counted: (r) => r.status }, { kind: 'k' });
  console.log(all, check(null, { fine: true }));
}
