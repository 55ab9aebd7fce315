import { parseHTML } from 'k6/html';

export default function () {
  const doc = parseHTML('<div class="x y" lang="en"><i>1</i>text<i>2</i></div>');
  const div = doc.find('div').get(0);
  console.log(div.id(), div.className(), div.childElementCount(), div.childNodes().length, div.firstElementChild().textContent(), div.innerHTML());
  console.log(div.hasAttribute('lang'), div.getAttribute('class'), div.getAttributeNode('lang').value, div.nodeType(), div.matches('.x'), div.querySelectorAll('i').length);
}
