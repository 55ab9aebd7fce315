import crypto from 'k6/crypto';

export default function () {
  console.log(crypto.hmac('sha256', 'key', 'The quick brown fox jumps over the lazy dog', 'hex'));
  const h = crypto.createHMAC('md5', 'key');
  h.update('The quick brown fox ');
  h.update('jumps over the lazy dog');
  console.log(h.digest('hex'));
  console.log(crypto.randomBytes(5).byteLength);
  for (const act of [() => crypto.hmac('nope', 'k', 'd', 'hex'), () => crypto.randomBytes(0)]) {
    try {
      act();
    } catch (e) {
      console.log(e.message);
    }
  }
}
