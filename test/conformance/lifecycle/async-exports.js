import { sleep } from 'k6';

export const options = { iterations: 1 };
export async function setup() {
  await Promise.resolve();
  return 'data';
}
export default async function (data) {
  const later = new Promise((resolve) => setTimeout(() => resolve('later'), 20));
  sleep(0.01);
  console.log(data, await later);
}
export async function teardown(data) {
  await null;
  console.log('teardown', data);
}
