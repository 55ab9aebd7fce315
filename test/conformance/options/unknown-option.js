export const options = { nosuchOption: 1 };
export default function () {
  console.log('ran');
}
