import exec from 'k6/execution';

exec.test.fail('too early');
export default function () {}
