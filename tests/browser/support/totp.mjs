/* totp - RFC 6238, SHA-1, six digits, thirty seconds: what an authenticator app shows */
import { createHmac } from 'node:crypto';

function bytesOf(base32) {
  const digits = [...base32.replace(/[\s=]/g, '').toUpperCase()].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  return Buffer.from(digits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

const used = new Map();

/* A code is good for one sign-in: asked again within its thirty seconds, this one waits for nobody and takes the next. */
export function totp(secret) {
  let step = Math.floor(Date.now() / 30000);
  if (used.has(secret) && used.get(secret) >= step) step = used.get(secret) + 1;
  used.set(secret, step);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}
