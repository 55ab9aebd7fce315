export const options = { vus: 2, duration: '1500ms' };
export default function () {
  const until = Date.now() + 50;
  while (Date.now() < until);
}
