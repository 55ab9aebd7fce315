import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTP}/`);
  console.log(Object.keys(res).filter((key) => key !== 'ocsp').join());
  console.log(Object.keys(res.timings).sort().join());
  const { sending, waiting, receiving, duration, looking_up } = res.timings;
  console.log(Math.abs(sending + waiting + receiving - duration) < 0.001, looking_up);
}
