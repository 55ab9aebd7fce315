import exec from 'k6/execution';

export default function () {
  const o = exec.test.options;
  console.log(o.throw, JSON.stringify(o.tags), o.summaryTrendStats.join(), o.setupTimeout, o.blockHostnames.join());
}
