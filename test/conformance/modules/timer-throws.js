export const options = { iterations: 2 };
export default function () {
  setTimeout(() => console.log('later'), 60);
  setTimeout(() => {
    if (__ITER === 0) throw new Error('in timer');
  }, 10);
}
