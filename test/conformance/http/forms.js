import http from 'k6/http';

export default function () {
  const page = http.get(`${__ENV.HTTP}/html`);
  page.submitForm({ fields: { user: 'bob', extra: 'e' } });
  page.submitForm({ formSelector: '#search', submitSelector: 'nothing' });
  console.log(page.clickLink().url, page.clickLink({ selector: 'a:nth-of-type(2)' }).url);
  for (const act of [() => page.submitForm({ formSelector: '#none' }), () => page.clickLink({ selector: '#none' })]) {
    try {
      act();
    } catch (e) {
      console.log(e.message);
    }
  }
}
