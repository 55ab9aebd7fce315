/** `k6/crypto/x509`: the parts of a certificate, as `vurun/crypto` reads them. */
import {
  type CertificateName,
  type CertificateParts,
  parseCertificate,
} from '../modules/crypto.ts';

/** A certificate in PEM, taken apart. Throws when it is none. */
export function parse(pem: string): CertificateParts {
  return parseCertificate(pem);
}
/** The names the certificate is for besides its subject's. */
export function getAltNames(pem: string): string[] {
  return parse(pem).altNames;
}
export function getIssuer(pem: string): CertificateName {
  return parse(pem).issuer;
}
export function getSubject(pem: string): CertificateName {
  return parse(pem).subject;
}

const x509: {
  getAltNames: typeof getAltNames;
  getIssuer: typeof getIssuer;
  getSubject: typeof getSubject;
  parse: typeof parse;
} = { getAltNames, getIssuer, getSubject, parse };
export default x509;
