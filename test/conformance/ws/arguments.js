import ws from 'k6/ws';

const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
export default function () {
  tell(() => ws.connect(`${__ENV.WS}/echo`));
  tell(() => ws.connect(`${__ENV.WS}/echo`, {}, 'no function'));
  tell(() => ws.connect(`${__ENV.WS}/echo`, { compression: 'gzip' }, () => {}));
  ws.connect(`${__ENV.WS}/quiet`, {}, (socket) => {
    socket.on('open', () => {
      tell(() => socket.sendBinary());
      tell(() => socket.sendBinary('text'));
      socket.close();
    });
  });
}
