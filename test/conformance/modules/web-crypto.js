const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, '0')).join('');
export default async function () {
  const data = new TextEncoder().encode('abc');
  console.log(hex(await crypto.subtle.digest('SHA-256', data)).slice(0, 16));
  const key = await crypto.subtle.importKey('raw', data, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign', 'verify']);
  const mac = await crypto.subtle.sign('HMAC', key, data);
  console.log(mac.byteLength, await crypto.subtle.verify('HMAC', key, mac, data));
  const aes = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, aes, data);
  console.log(hex(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, aes, sealed)), crypto.randomUUID().length);
  try {
    crypto.getRandomValues(new Uint8Array(65_537));
  } catch (e) {
    console.log(String(e).includes('QuotaExceededError'));
  }
  await crypto.subtle.digest('MD5', data).catch((e) => console.log(e.name));
}
