import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint } from 'jose';
import { fingerprintWords, jwkThumbprint, printWords, wordLists } from './fingerprint-words.js';

describe('words of a fingerprint', () => {
  test('are those of the published example', () => {
    const published =
      'topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa ' +
      'afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless';
    const bytes = Buffer.from('E58294F2E9A227486E8B061B31CC528FD7FA3F19', 'hex');
    expect(fingerprintWords(bytes).join(' ')).toBe(published);
  });

  test('are 512, each list in the order of the alphabet but for one published pair', () => {
    const lists = wordLists();
    const words = lists.flat().map((word) => word.toLowerCase());
    expect([lists[0].length, lists[1].length, new Set(words).size]).toEqual([256, 256, 512]);
    const outOfOrder = lists.flatMap((one) =>
      one.filter((word, at) => word.toLowerCase() < (one[at - 1] ?? '').toLowerCase()),
    );
    expect(outOfOrder).toEqual(['Apollo']);
  });

  test('are those of the whole list, letter by letter', () => {
    const [even, odd] = wordLists();
    const text = even.map((word, at) => `${word} ${odd[at]}`).join(' ');
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      'e2c00da33e504434c2ee6bd169207c7508b9f672c0cdd50d78cc6af3d37f99a6',
    );
  });

  test('come in lines of eight', () => {
    const lines = printWords(Buffer.alloc(32)).split('\n');
    expect(lines.map((line) => line.split(' ').length)).toEqual([8, 8, 8, 8]);
  });
});

describe('a thumbprint of a key', () => {
  // RFC 8037 Appendix A.3.
  const ed25519 = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

  test('is that of RFC 8037, and for other keys that of a library', async () => {
    expect(jwkThumbprint(ed25519)?.toString('base64url')).toBe(
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    );
    for (const jwk of [
      { kty: 'EC', crv: 'P-256', x: 'eA', y: 'eQ', kid: 'a' },
      { kty: 'RSA', n: 'bg', e: 'AQAB', alg: 'PS256' },
    ]) {
      expect(jwkThumbprint(jwk)?.toString('base64url')).toBe(await calculateJwkThumbprint(jwk));
    }
  });

  test('is none of what is no such key', () => {
    expect(jwkThumbprint({ kty: 'oct', k: 'AAAA' })).toBeUndefined();
    expect(jwkThumbprint({ kty: 'EC', crv: 'P-256', x: 'AAAA' })).toBeUndefined();
  });
});
