import exec from 'k6/execution';

exec.test.abort('init reason');
export default function () {}
