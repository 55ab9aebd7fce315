export const options = { iterations: 2, minIterationDuration: '300ms' };
let last = 0;
export default function () {
  if (last > 0) console.log(Date.now() - last >= 295);
  last = Date.now();
}
