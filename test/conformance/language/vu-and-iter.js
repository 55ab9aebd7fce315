const inInit = `${__VU === 0 ? 'first' : 'own'} ${typeof __ITER}`;
export const options = { vus: 2, iterations: 4 };
export function setup() {
  console.log('setup', __VU, typeof __ITER);
}
export default function () {
  if (__ITER === 0) console.log(inInit, __VU === 1 || __VU === 2);
}
export function teardown() {
  console.log('teardown', __VU, typeof __ITER);
}
