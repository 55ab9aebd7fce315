import http from 'k6/http';

export default function () {
  const page = http.get(`${__ENV.HTTP}/html`);
  console.log(page.html('title').text(), page.html().find('li').size());
  try {
    http.get(`${__ENV.HTTP}/status/204`).html();
  } catch (e) {
    console.log(e.message.includes('the body is null'), e.message.includes('HTML'));
  }
}
