import { ReadableStream } from 'k6/experimental/streams';

export default async function () {
  let n = 0;
  const stream = new ReadableStream({
    pull(controller) {
      controller.enqueue(++n);
      if (n === 3) controller.close();
    },
  });
  const reader = stream.getReader();
  console.log(stream.locked);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    console.log(value);
  }
  await reader.closed;
  const failing = new ReadableStream({
    start() {
      throw new Error('no start');
    },
  }, {}) ;
  failing.cancel();
}
