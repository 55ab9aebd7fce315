import http from 'k6/http';

export default function () {
  const url = `${__ENV.HTTP}/p/x`;
  const jar = http.cookieJar();
  console.log(jar.set(url, 'n', 'v', { path: '/p' }));
  console.log(JSON.stringify(jar.cookiesForURL(url)), JSON.stringify(jar.cookiesForURL(`${__ENV.HTTP}/q`)));
  http.get(url);
  jar.set(url, 'm', 'w');
  jar.delete(url, 'n');
  http.get(url);
  jar.clear(url);
  http.get(url);
  const own = new http.CookieJar();
  own.set(url, 'own', '1');
  http.get(url, { jar: own });
  http.get(url);
  try {
    jar.set(url, 'x', 'y', { expires: 'soon' });
  } catch (e) {
    console.log(e.message.replace(/(date string).*/, '$1'));
  }
}
