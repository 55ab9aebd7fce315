const http = require('k6/http');
const { default: same } = require('k6/http');
exports.version = 'v1';
exports.fetch = function (p) {
  return http.get(__ENV.BASE + p).body + same.get(__ENV.BASE + p).status;
};
function Client(n) {
  this.n = n;
}
Client.prototype.get = function (p) {
  return exports.fetch(this.n + p);
};
module.exports.Client = Client;
