import { parseHTML } from 'k6/html';

const page = `<div id="d" data-n="7" data-flag="true" data-some-name="x" data-json='{"a":1}'><p class="a b">one <b>bold</b></p><p>two</p><!-- c --></div>
<form><input name="i" value="v"><select name="s"><option value="1">A<option value="2" selected>B</select><input type="checkbox" name="c" checked></form>`;
export default function () {
  const doc = parseHTML(page);
  const d = doc.find('#d');
  console.log(d.attr('id'), d.attr('none'), d.data('n') + 1, d.data('flag'), d.data('someName'), d.data('json').a);
  console.log(doc.find('p').size(), doc.find('p').first().text(), doc.find('p').last().html(), doc.find('p').eq(-1).text());
  console.log(d.children().size(), d.children('.a').size(), d.contents().size(), doc.find('b').closest('div').attr('id'));
  console.log(doc.find('p').map((i, el) => `${i}${el.text()}`).join('|'), doc.find('p').is('.a'), doc.find('p').not('.a').text());
  doc.find('p').each((i, el) => console.log(i, el.nodeName(), el.textContent()));
  console.log(doc.find('form').serialize(), JSON.stringify(doc.find('form').serializeArray()), Object.entries(doc.find('form').serializeObject()).sort().join(';'));
  console.log(doc.find('select').val(), doc.find('p').get(0).className(), doc.find('b').parent().next().text(), doc.find('p').slice(1).size());
  console.log(doc.find('p').filter((i) => i === 1).text(), doc.find('div').has('b').size(), doc.find('p').toArray().length);
}
