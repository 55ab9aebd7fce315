const text = open('./data.txt');
const bytes = open('data.txt', 'b');
const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
if (__VU === 0) {
  tell(() => open(''));
  tell(() => open('.'));
  tell(() => open('./nope.txt'));
}
export default function () {
  console.log(text, bytes instanceof ArrayBuffer, bytes.byteLength);
  tell(() => open('data.txt'));
}
