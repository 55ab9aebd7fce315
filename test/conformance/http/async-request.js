import http from 'k6/http';

export default async function () {
  const order = [];
  const slow = http.asyncRequest('GET', `${__ENV.HTTP}/delay/300`).then((res) => order.push(res.body));
  const fast = http.asyncRequest('POST', `${__ENV.HTTP}/x`, 'b', { headers: { 'X-Test': 'y' } });
  order.push((await fast).body);
  await slow;
  console.log(order.join());
  http.asyncRequest('GET', `${__ENV.HTTP}/last`).then((res) => console.log('waited for', res.status));
}
