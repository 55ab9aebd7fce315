let waited = 'no';
setTimeout(() => {
  waited = 'yes';
}, 20);
export default function () {
  console.log(waited);
}
