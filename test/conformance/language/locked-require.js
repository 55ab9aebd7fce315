export default function () {
  try {
    require('./late.js');
  } catch (e) {
    console.log(e.message);
  }
}
