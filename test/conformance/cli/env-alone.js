export default function () {
  console.log(__ENV.GIVEN, __ENV.FROM_SYSTEM);
}
