export const options = { iterations: 2 };
export default function () {
  if (__ITER === 0) Promise.reject(new Error('nobody'));
  setTimeout(() => console.log('timer', __ITER), 10);
}
