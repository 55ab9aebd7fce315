const { sleep } = require('k6');
const helper = require('./helper.js');

module.exports.options = { iterations: 2 };
module.exports.default = function () {
  sleep(0.01);
  console.log(helper.name());
};
