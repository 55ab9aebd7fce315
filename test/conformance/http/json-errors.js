import http from 'k6/http';

const tell = (f) => {
  try {
    console.log(f());
  } catch (e) {
    console.log(e.message.replace(/(character).*/, '$1'));
  }
};
export default function () {
  const text = http.get(`${__ENV.HTTP}/text`);
  tell(() => text.json());
  tell(() => text.json('a'));
  const none = http.get(`${__ENV.HTTP}/status/204`);
  tell(() => none.json());
}
