export const options = { iterations: 4 };
export default async function () {
  if (__ITER === 0) throw new Error('boom in iter');
  if (__ITER === 1) throw 'just a string';
  if (__ITER === 2) {
    await Promise.reject(new TypeError('async boom'));
  }
  console.log('fine');
}
