import secrets from 'k6/secrets';

export default async function () {
  const value = await secrets.get('token');
  console.log(value.length, `the token is ${value}`);
  console.log((await secrets.source('other').get('key')).length);
  await secrets.get('absent').catch((e) => console.log(String(e).includes('no value')));
}
