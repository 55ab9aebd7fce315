export default function () {
  console.log('to the file');
  console.warn('too');
}
