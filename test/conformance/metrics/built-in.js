import { sleep } from 'k6';

export const options = { vus: 2, duration: '1500ms' };
export default function () {
  sleep(0.2);
}
