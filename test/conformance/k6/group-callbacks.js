import { check, group } from 'k6';

export default function () {
  group('g', () => {
    setTimeout(() => check(1, { timer: true }), 5);
    Promise.resolve().then(() => check(1, { job: true }));
  });
}
