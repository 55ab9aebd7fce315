export default function () {
  const order = [];
  setTimeout(() => {
    order.push('timer');
    console.log(order.join());
  }, 20);
  Promise.resolve().then(() => order.push('job'));
  order.push('sync');
}
