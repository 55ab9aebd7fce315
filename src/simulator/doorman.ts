/**
 * A process of its own that listens and hands every connection over. While it is stopped nothing is
 * accepted: the kernel completes as many connections as the backlog holds and leaves further SYNs
 * unanswered, while the connections that were handed over go on. Started by `door.ts`.
 */
import { createServer } from 'node:net';

const [port, host, backlog] = process.argv.slice(2);

const server = createServer({ pauseOnConnect: true }, (socket) => {
  // What the client resets before it is handed over is nobody's any more.
  socket.on('error', () => socket.destroy());
  process.send?.('connection', socket);
});
server.once('error', (error) => {
  process.send?.({ error: error.message }, () => process.disconnect());
});
server.listen({ port: Number(port), host, backlog: Number(backlog) }, () => {
  process.send?.({ address: server.address() });
});
// A terminal's Ctrl-C reaches it too; the simulator ends first.
process.on('SIGINT', () => {});
// It has no business without the simulator.
process.once('disconnect', () => process.exit());
