export default function () {
  console.log('text', 1, true, null, undefined, { a: 1, b: [1, 'x'] });
  console.info({ f: function () {}, d: new Date(0), n: null });
  console.log(new Uint8Array([1, 2]));
  console.log(new Uint8Array([1, 2]).buffer);
  const loop = { name: 'l' };
  loop.self = loop;
  console.log(loop);
  console.log(new Error('as text'));
  console.warn('careful');
  console.error('bad');
  console.debug('hidden');
  console.log();
}
