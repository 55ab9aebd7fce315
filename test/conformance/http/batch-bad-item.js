import http from 'k6/http';

export default function () {
  const list = http.batch([`${__ENV.HTTP}/a`, 'http://[bad/', `${__ENV.HTTP}/c`]);
  console.log(list.length, list[0], list[2], list[1] === null ? null : list[1].error_code);
}
