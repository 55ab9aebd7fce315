export default function () {
  console.log('a "quoted" text');
}
