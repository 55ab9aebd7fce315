import ws from 'k6/ws';

export default function () {
  ws.connect(`${__ENV.WS}/cut`, {}, (socket) => {
    socket.on('error', (e) => console.log('error', typeof e.error() === 'string'));
    socket.on('close', (code) => console.log('close', code));
  });
  ws.connect(`${__ENV.WS}/bye`, {}, (socket) => {
    socket.on('close', (code) => console.log('close', code));
  });
}
