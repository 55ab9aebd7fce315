import http from 'k6/http';

const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
export default function () {
  tell(() => http.expectedStatuses());
  tell(() => http.expectedStatuses('200'));
  tell(() => http.expectedStatuses(200, { min: 'a', max: 300 }));
  tell(() => http.get(__ENV.HTTP, { responseCallback: 7 }));
}
