import { parseHTML } from 'k6/html';

export default function () {
  const doc = parseHTML('<a id="l" href="https://u:p@h.test:81/p/q?s=1#f">go</a><select name="s"><option>A</option><option selected>B</option></select>');
  const a = doc.find('a').get(0);
  console.log(a.hash(), a.host(), a.hostname(), a.pathname(), a.port(), a.protocol(), a.search(), a.username(), a.text());
  const select = doc.find('select').get(0);
  console.log(select.length(), select.selectedIndex(), select.value(), select.selectedOptions().length, select.options()[0].text());
}
