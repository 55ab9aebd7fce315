export default function () {
  const names = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'TextEncoder', 'TextDecoder', 'open', 'require'];
  console.log(names.map((name) => typeof globalThis[name]).join());
  console.log(global === globalThis, typeof crypto.subtle, typeof console.debug);
  console.log(new TextDecoder().decode(new TextEncoder().encode('ü')), import.meta.resolve('./x.js'));
}
