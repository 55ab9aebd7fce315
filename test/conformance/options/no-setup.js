export function setup() {
  console.log('setup');
}
export default function (data) {
  console.log('ran', data);
}
export function teardown() {
  console.log('teardown');
}
