import http from 'k6/http';

const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
export default function () {
  tell(() => http.batch());
  tell(() => http.batch('x'));
  tell(() => http.batch(7));
}
