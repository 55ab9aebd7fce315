import http from 'k6/http';
import { check, group } from 'k6';

export default function () {
  const value = group('outer', () => {
    http.get(`${__ENV.HTTP}/a`);
    return group('inner', () => {
      check(1, { deep: true });
      return 'v';
    });
  });
  console.log(value);
  http.get(`${__ENV.HTTP}/b`);
}
