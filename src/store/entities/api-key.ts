import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A merchant's key, known only by its hash; prefix and last four let people tell keys apart. */
@Entity('api_keys')
export class ApiKeyEntity {
  @PrimaryColumn({ name: 'merchant_id', type: 'text' })
  merchantId!: string;

  /** SHA-256 of the whole key, in hex. */
  @PrimaryColumn({ name: 'key_hash', type: 'text' })
  keyHash!: string;

  @Column({ name: 'prefix', type: 'text' })
  prefix!: string;

  @Column({ name: 'last_four', type: 'text' })
  lastFour!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt!: Date | null;
}
