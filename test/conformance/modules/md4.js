import crypto from 'k6/crypto';

export default function () {
  console.log(crypto.md4('abc', 'hex'));
}
