import encoding, { b64decode, b64encode } from 'k6/encoding';

export default function () {
  const bytes = new Uint8Array([251, 255, 254]).buffer;
  console.log(b64encode('hé'), b64encode(bytes), b64encode(bytes, 'url'), b64encode('a', 'rawstd'), b64encode(bytes, 'rawurl'));
  const back = b64decode('aMOp');
  console.log(back instanceof ArrayBuffer, back.byteLength, encoding.b64decode('aMOp', 'std', 's'), b64decode('YQ', 'rawstd', 's'));
  try {
    b64decode('!!!');
    console.log('no error');
  } catch (e) {
    console.log('refused');
  }
}
