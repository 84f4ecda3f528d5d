import { decodeBase64Url, encodeBase64Url, encodeParts } from '../core/bytes.js';
import { inputInvalid } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { seal, unseal } from '../platform/keys/keys.js';

/** Where a page of a partner's own things ended. */
export interface OwnPlace {
  readonly since: Date;
  readonly id: string;
}

/** Cursors of one kind of list: opaque, of one size, and no other partner's. */
export class OwnCursors {
  /**
   * @param key 32 bytes
   * @param label domain, e.g. `safeconduct/notice-cursor/v1`
   */
  constructor(
    private readonly key: Uint8Array,
    private readonly label: string,
  ) {}

  write(partner: PartnerCode, { since, id }: OwnPlace): string {
    const place = Buffer.alloc(8);
    place.writeBigUInt64BE(BigInt(since.getTime()));
    const plain = Buffer.concat([place, Buffer.from(id.replaceAll('-', ''), 'hex')]);
    return encodeBase64Url(seal(this.key, plain, encodeParts(this.label, partner)));
  }

  /** @throws {GatewayError} ERR_INPUT_INVALID for `after` */
  read(partner: PartnerCode, cursor: string): OwnPlace {
    const sealed = decodeBase64Url(cursor);
    const plain = sealed && unseal(this.key, sealed, encodeParts(this.label, partner));
    if (plain?.length !== 24) throw inputInvalid('after');
    const hex = plain.toString('hex', 8);
    const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    return { since: new Date(Number(plain.readBigUInt64BE())), id };
  }
}
