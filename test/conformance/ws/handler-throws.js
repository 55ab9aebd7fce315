import ws from 'k6/ws';

export default function () {
  try {
    ws.connect(`${__ENV.WS}/hello`, {}, (socket) => {
      socket.on('message', () => {
        throw new Error('in handler');
      });
    });
  } catch (e) {
    console.log(e.message);
  }
}
