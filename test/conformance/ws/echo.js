import ws from 'k6/ws';

export default function () {
  let events = [];
  const res = ws.connect(`${__ENV.WS}/echo`, { headers: { 'X-Test': 'h' }, tags: { kind: 'k' } }, (socket) => {
    socket.on('open', () => {
      events.push('open');
      socket.send('hello');
    });
    socket.on('message', (data) => {
      events.push(`message ${data}`);
      socket.sendBinary(new Uint8Array([1, 2]).buffer);
    });
    socket.on('binaryMessage', (data) => {
      events.push(`binary ${data instanceof ArrayBuffer} ${new Uint8Array(data).join()}`);
      socket.close(1000);
    });
    socket.on('close', (code) => events.push(`close ${code}`));
  });
  console.log(res.status, res.url, JSON.stringify(res.body), JSON.stringify(res.error), events.join('; '));
}
