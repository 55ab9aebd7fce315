import ws from 'k6/ws';

export default function () {
  const res = ws.connect(`${__ENV.WS}/quiet`, {}, (socket) => {
    let n = 0;
    socket.on('pong', () => console.log('pong'));
    socket.on('open', () => {
      socket.ping();
      socket.setInterval(() => socket.send(`tick ${++n}`), 60);
      socket.setTimeout(() => {
        console.log('ticks', n);
        socket.close();
      }, 160);
      try {
        socket.setTimeout(() => {}, 0);
      } catch (e) {
        console.log(e.message);
      }
    });
  });
  console.log(res.status);
}
