function deep() {
  throw new RangeError('boom');
}
export default function () {
  deep();
}
