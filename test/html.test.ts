/** Pages in a script: the methods of `Selection` and `Element`, as k6 has them. */
import { describe, expect, it } from 'vitest';
import { type GuestRun, runGuest } from './support/guest.ts';

const page = `<!doctype html><html lang="de"><head><title>A &amp; "B"</title></head><body>
<ul id="list" class="a b" data-count="3" data-on="true" data-off-by-one='{"x":[1]}' data-name="n1" data-none="null">
<li id="one">1</li><li id="two" class="odd">2</li><!--c--><li id="three">3</li></ul>
<table id="t"><tr><td>x<td>y</table>
<p id="p">a<br>b <em>c</em> &lt;</p>
<form id="f" action="/go" method="post"><input name="q" value="v 1"><input type="checkbox" name="c1" checked>
<input type="checkbox" name="c2" value="z"><input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>
<select name="s"><option value="x">X<option selected> Y y </select><select name="d"><option>first<option>second</select>
<select name="m" multiple><option selected>m1<option selected value="m2">M<option>m3</select>
<textarea name="t">
l1
l2</textarea><input name="off" disabled value=1><fieldset disabled><input name="deep" value=1></fieldset>
<input value="nameless"><input type="submit" name="go" value="Go"><button id="b" name="bn">B</button></form>
<input form="f" name="far" value="out"></body></html>`;

async function run(body: string): Promise<GuestRun> {
  return await runGuest(`import { parseHTML } from 'vurun/html';
const doc = parseHTML(${JSON.stringify(page)});
const $ = (selector) => doc.find(selector);
const ids = (selection) => selection.map((_i, one) => one.attr('id') ?? one.get(0).nodeName()).join(' ');
export default function () {
${body}
}`);
}

/** What each expression gives. */
async function values(expressions: readonly string[]): Promise<unknown[]> {
  const { logs, failures } = await run(
    expressions
      .map(
        (one) =>
          `console.log(JSON.stringify({ v: (() => { const v = ${one}; return v === undefined ? 'undefined' : v; })() }));`,
      )
      .join('\n'),
  );
  expect(failures).toEqual([]);
  return logs.map((log) => (JSON.parse(log.text) as { v: unknown }).v);
}

function table(
  name: string,
  rows: readonly (readonly [expression: string, value: unknown])[],
): void {
  it(name, async () => {
    const given = await values(rows.map(([expression]) => expression));
    expect(rows.map(([expression], index) => [expression, given[index]])).toEqual(rows);
  });
}

describe('a Selection', () => {
  table('finds its way', [
    [`ids($('li'))`, 'one two three'],
    [`ids($('ul').find('.odd'))`, 'two'],
    [`ids($('ul').single('li'))`, 'one'],
    [`ids(doc.children())`, 'html'],
    [`ids($('#t').children())`, 'tbody'],
    [`ids($('ul').children('.odd'))`, 'two'],
    [`$('ul').contents().size()`, 5],
    [`$('p').contents().eq(0).text()`, 'a'],
    [`ids($('#two').parent())`, 'list'],
    [`ids($('#two').parent('ol'))`, ''],
    [`ids($('#two').parents())`, 'list body html'],
    [`ids($('#two').parents('ul, html'))`, 'list html'],
    [`ids($('li').parents())`, 'list body html'],
    [`ids($('#two').parentsUntil('html'))`, 'list body'],
    [`ids($('#two').parentsUntil())`, 'list body html'],
    [`ids($('#two').closest('li'))`, 'two'],
    [`ids($('#two').closest('body'))`, 'body'],
    [`ids($('#one').next())`, 'two'],
    [`ids($('#one').next('#three'))`, ''],
    [`ids($('#one').nextAll())`, 'two three'],
    [`ids($('#one').nextUntil('#three'))`, 'two'],
    [`ids($('#one').nextUntil())`, 'two three'],
    [`ids($('#three').prev())`, 'two'],
    [`ids($('#three').prevAll())`, 'two one'],
    [`ids($('#three').prevUntil('#one'))`, 'two'],
    [`ids($('#two').siblings())`, 'one three'],
    [`ids($('#two').siblings('#three'))`, 'three'],
    [`ids($('body > *').has('li'))`, 'list'],
    [`ids($('#two').end())`, '#document'],
    [`doc.end().size()`, 0],
    [`ids($('#one').add('#three'))`, 'one three'],
    [`ids($('#three').add($('li')))`, 'three one two'],
    [`ids($('li:contains("2")'))`, 'two'],
    [`ids($('li:nth-child(2), li:last-child'))`, 'two three'],
    [`ids($('form :checked').filter('[type=radio]'))`, 'input'],
  ]);

  table('is narrowed', [
    [`ids($('li').first())`, 'one'],
    [`ids($('li').last())`, 'three'],
    [`ids($('li').eq(1))`, 'two'],
    [`ids($('li').eq(-1))`, 'three'],
    [`ids($('li').eq(7))`, ''],
    [`ids($('li').eq(-7))`, ''],
    [`ids($('li').slice(1))`, 'two three'],
    [`ids($('li').slice(0, -1))`, 'one two'],
    [`ids($('li').filter('.odd'))`, 'two'],
    [`ids($('li').filter((i) => i > 0))`, 'two three'],
    [`ids($('li').filter((_i, one) => one.text() === '1'))`, 'one'],
    [`ids($('li').filter($('.odd')))`, 'two'],
    [`ids($('li').not('.odd'))`, 'one three'],
    [`ids($('li').not((i) => i > 0))`, 'one'],
    [`ids($('li').not($('.odd')))`, 'one three'],
    [`[$('li').is('.odd'), $('#one').is('.odd')]`, [true, false]],
    [`[$('li').is($('#one')), $('li').is((i) => i > 9)]`, [true, false]],
    [
      `[$('li').size(), $('dl').size(), $('dl').first().size(), $('dl').last().size()]`,
      [3, 0, 0, 0],
    ],
    [
      `[$('#two').index(), $('#two').index('li'), $('li').index($('#three')), $('dl').index()]`,
      [1, 1, 2, -1],
    ],
  ]);

  table('tells what is there', [
    [`$('title').text()`, 'A & "B"'],
    [`$('title').html()`, 'A &amp; &#34;B&#34;'],
    [`$('p').html()`, 'a<br/>b <em>c</em> &lt;'],
    [`$('li').text()`, '123'],
    [`[$('dl').text(), $('dl').html(), $('dl').attr('x'), $('dl').val()]`, ['', null, null, null]],
    [`$('ul').attr('class')`, 'a b'],
    [`$('ul').attr('title')`, 'undefined'],
    [`$('ul').attr('title', 'none')`, 'none'],
    [`$('ul').data()`, { count: 3, on: true, offByOne: { x: [1] }, name: 'n1', none: null }],
    [
      `[$('ul').data('count'), $('ul').data('offByOne'), $('ul').data('name')]`,
      [3, { x: [1] }, 'n1'],
    ],
    [`$('ul').data('missing')`, 'undefined'],
    [`$('li').toArray().map((one) => one.text())`, ['1', '2', '3']],
    [`$('li').map((i, one) => i + one.text())`, ['01', '12', '23']],
    [
      `(() => { const seen = []; $('li').each((i, el) => { seen.push(i + el.id()); }); return seen; })()`,
      ['0one', '1two', '2three'],
    ],
    [`[$('li').get(0).id(), $('li').get(-1).id()]`, ['one', 'three']],
    [`$('li').get(3)`, 'undefined'],
    [`doc.url`, ''],
    [`parseHTML('<p>a\\u0000b').find('p').text().length`, 2],
    [`parseHTML('<pre>\\ud800x</pre>').find('pre').text()`, '\ufffdx'],
    [`parseHTML('<script>a<b&&c</script>').find('script').html()`, 'a<b&&c'],
    [`parseHTML(undefined).find('body').html()`, 'undefined'],
  ]);

  table('reads forms', [
    [`$('[name=q]').val()`, 'v 1'],
    [`[$('[name=c1]').val(), $('[name=c2]').val()]`, ['on', 'z']],
    [
      `[$('[name=s]').val(), $('[name=d]').val(), $('[name=m]').val()]`,
      ['Y y', 'first', ['m1', 'm2']],
    ],
    [
      `[$('textarea').val(), $('option').eq(0).val(), $('#b').val(), $('[type=submit]').val()]`,
      ['l1\nl2', 'x', '', 'Go'],
    ],
    [
      `$('form').serializeArray().map(({ name, value }) => name + '=' + value)`,
      ['q=v 1', 'c1=on', 'r=2', 's=Y y', 'd=first', 'm=m1', 'm=m2', 't=l1\r\nl2', 'far=out'],
    ],
    [`$('form').serialize()`, 'q=v+1&c1=on&r=2&s=Y+y&d=first&m=m1&m=m2&t=l1%0D%0Al2&far=out'],
    [`$('form').serializeObject().m`, 'm2'],
    [`$('[name=q], [name=c1]').serialize()`, 'q=v+1&c1=on'],
    [`$('dl').serializeArray()`, []],
  ]);

  it('does not find what is no selector, and says so', async () => {
    const { logs, failures } = await run(`console.log($('li[').size(), $('li[').size());`);
    expect(failures).toEqual([]);
    expect(logs.map((log) => [log.level, log.text.split(':')[0]])).toEqual([
      ['warning', "'li[' is no selector and matches nothing"],
      ['info', '0 0'],
    ]);
  });
});

describe('an Element', () => {
  const el = (selector: string): string => `$(${JSON.stringify(selector)}).get(0)`;
  table('has its parts as functions', [
    [
      `[${el('ul')}.nodeName(), ${el('ul')}.nodeType(), ${el('ul')}.id(), ${el('ul')}.className()]`,
      ['ul', 1, 'list', 'a b'],
    ],
    [`${el('ul')}.classList()`, ['a', 'b']],
    [`[${el('p')}.id(), ${el('p')}.className() ?? null, ${el('p')}.classList()]`, ['p', null, []]],
    [`[${el('#two')}.lang(), ${el('html')}.lang()]`, ['de', 'de']],
    [
      `[${el('p')}.namespaceURI(), ${el('p')}.isDefaultNamespace()]`,
      ['http://www.w3.org/1999/xhtml', true],
    ],
    [`parseHTML('<svg><g/></svg>').find('g').get(0).namespaceURI()`, 'http://www.w3.org/2000/svg'],
    [`${el('#two')}.toString()`, '<li id="two" class="odd">2</li>'],
    [`[${el('p')}.innerHTML(), ${el('p')}.textContent()]`, ['a<br/>b <em>c</em> &lt;', 'ab c <']],
    [`Object.keys(${el('#two')}.attributes())`, ['id', 'class']],
    [
      `(() => { const a = ${el('#two')}.getAttributeNode('class'); return [a.name, a.value, a.ownerElement.id(), a.localName(), a.prefix(), a.namespaceURI()]; })()`,
      ['class', 'odd', 'two', 'class', '', ''],
    ],
    [`${el('p')}.getAttributeNode('x')`, 'undefined'],
    [
      `[${el('p')}.hasAttribute('id'), ${el('p')}.hasAttribute('x'), ${el('p')}.hasAttributes(), ${el('em')}.hasAttributes()]`,
      [true, false, true, false],
    ],
    [`${el('p')}.getAttribute('x')`, 'undefined'],
    [
      `${el('p')}.childNodes().map((one) => one.nodeName())`,
      ['#text', 'br', '#text', 'em', '#text'],
    ],
    [`${el('p')}.children().map((one) => one.nodeName())`, ['br', 'em']],
    [
      `[${el('p')}.childElementCount(), ${el('p')}.hasChildNodes(), ${el('br')}.hasChildNodes()]`,
      [2, true, false],
    ],
    [
      `[${el('p')}.firstChild().nodeValue(), ${el('p')}.firstChild().nodeType(), ${el('p')}.lastChild().textContent()]`,
      ['a', 3, ' <'],
    ],
    [
      `[${el('p')}.firstElementChild().nodeName(), ${el('p')}.lastElementChild().nodeName()]`,
      ['br', 'em'],
    ],
    [`${el('br')}.firstChild()`, 'undefined'],
    [
      `[${el('#two')}.nextSibling().nodeValue(), ${el('#two')}.nextSibling().nodeType(), ${el('#two')}.nextElementSibling().id()]`,
      ['c', 8, 'three'],
    ],
    [
      `[${el('#two')}.previousSibling().id(), ${el('#two')}.previousElementSibling().id()]`,
      ['one', 'one'],
    ],
    [`${el('#one')}.previousElementSibling()`, 'undefined'],
    [
      `[${el('html')}.parentNode().nodeName(), ${el('html')}.parentNode().nodeType(), ${el('#one')}.parentElement().id()]`,
      ['#document', 9, 'list'],
    ],
    [`${el('html')}.parentElement()`, 'undefined'],
    [
      `[${el('p')}.ownerDocument().nodeName(), doc.get(0).ownerDocument() ?? null]`,
      ['#document', null],
    ],
    [`doc.get(0).firstChild().nodeType()`, 10],
    [
      `[${el('ul')}.querySelector('.odd').id(), ${el('ul')}.querySelectorAll('li').length]`,
      ['two', 3],
    ],
    [`${el('ul')}.querySelector('p')`, 'undefined'],
    [
      `[doc.get(0).getElementsByClassName('b a').length, doc.get(0).getElementsByClassName('c').length]`,
      [1, 0],
    ],
    [`doc.get(0).getElementsByTagName('LI').length`, 3],
    [`[${el('#two')}.matches('li.odd'), ${el('#one')}.matches('.odd')]`, [true, false]],
    [
      `[${el('ul')}.contains(${el('#two')}), ${el('#two')}.contains(${el('ul')}), ${el('p')}.contains(${el('p')})]`,
      [true, false, true],
    ],
    [`[${el('p')}.isSameNode(${el('p')}), ${el('p')}.isSameNode(${el('em')})]`, [true, false]],
    [
      `[${el('p')}.isEqualNode(parseHTML(${el('p')}.toString()).find('p').get(0)), ${el('p')}.isEqualNode(${el('em')})]`,
      [true, false],
    ],
  ]);
});

describe('documents', () => {
  it('are let go when the script does, and bounded when it does not', async () => {
    const { logs, failures } = await runGuest(
      `import { parseHTML } from 'vurun/html';
const text = '<p>' + 'x'.repeat(2 * 1024 * 1024);
const kept = [];
export default async function () {
  for (let i = 0; i < 10; i++) { parseHTML(text); await null; }
  try { for (;;) kept.push(parseHTML(text)); } catch (e) { console.log(kept.length, String(e)); }
}`,
    );
    expect(failures).toEqual([]);
    expect(logs[0]?.text).toMatch(
      /^7 RangeError: the HTML documents this VU holds would be more than 16 MB of text together; /,
    );
  });

  it('are refused when they are nested too deeply', async () => {
    const { logs, failures } = await runGuest(
      `import { parseHTML } from 'vurun/html';
const nested = (depth) => parseHTML('<div>'.repeat(depth) + 'x');
export default function () {
  const doc = nested(510);
  console.log(doc.text(), doc.html().length, doc.find('div').size(), doc.find('div:has(div)').size());
  for (const depth of [511, 1_000_000]) try { nested(depth); } catch (e) { console.log(String(e)); }
}`,
    );
    expect(failures).toEqual([]);
    const refusal = 'RangeError: an HTML document may be nested 512 deep, and this one is deeper';
    expect(logs.map((log) => log.text)).toEqual(['x 5650 510 509', refusal, refusal]);
  });
});
