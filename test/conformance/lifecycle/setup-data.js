export const options = { iterations: 2 };
export function setup() {
  return { d: new Date(0), u: undefined, m: new Map([['k', 1]]), b: new Uint8Array([1, 2]), list: [undefined], n: { deep: true } };
}
export default function (data) {
  console.log(data.d, data.u, JSON.stringify(data.m), data.b, JSON.stringify(data.list), data.n.deep, data.seen);
  data.seen = 'mine';
}
export function teardown(data) {
  console.log('teardown', data.seen, data.d);
}
