import { sleep } from 'k6';

export default function () {
  sleep(0);
}
module.exports.options = { iterations: 2 };
