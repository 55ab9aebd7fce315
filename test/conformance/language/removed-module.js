import { setTimeout as later } from 'k6/experimental/timers';

export default function () {
  later(() => {}, 1);
}
