import ws from 'k6/ws';

export default function () {
  const res = ws.connect(`${__ENV.WS}/quiet`, {}, (socket) => {
    let n = 0;
    socket.on('pong', () => console.log('pong'));
    socket.on('open', () => {
      socket.ping();
      socket.setTimeout(() => console.log('once'), 10);
      socket.setInterval(() => {
        socket.send(`tick ${++n}`);
        if (n === 2) socket.close();
      }, 60);
      try {
        socket.setTimeout(() => {}, 0);
      } catch (e) {
        console.log(e.message);
      }
    });
  });
  console.log(res.status);
}
