import { getIssuer, parse } from 'k6/crypto/x509';

const pem = open('cert.pem');
export default function () {
  const cert = parse(pem);
  console.log(cert.subject.commonName, getIssuer(pem).commonName, cert.altNames.join(), typeof cert.notBefore, cert.fingerPrint.length);
}
