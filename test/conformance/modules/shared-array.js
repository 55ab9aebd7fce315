import { SharedArray } from 'k6/data';

const list = new SharedArray('users', () => {
  if (__VU === 0) console.log('made');
  return [{ n: 1, in: { deep: 1 } }, { n: 2 }, 3];
});
export const options = { vus: 2, iterations: 2 };
export default function () {
  if (__VU > 1) return;
  console.log(list.length, list[0].n, list[0] !== list[0], Array.isArray(list), list[9], list.map((x) => x.n || x).join());
  let sum = 0;
  for (const x of list) sum += x.n || x;
  console.log(sum, list.filter((x) => x === 3).length, list.indexOf(3), Object.isFrozen(list[0].in));
  try {
    list[0] = 1;
  } catch (e) {
    console.log(e.name, e.message);
  }
}
