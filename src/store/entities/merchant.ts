import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The tenant. Every other row belongs to exactly one. */
@Entity('merchants')
export class MerchantEntity {
  @PrimaryColumn({ name: 'merchant_id', type: 'text' })
  merchantId!: string;

  @Column({ name: 'name', type: 'text' })
  name!: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt!: Date;

  /** Seconds after which referenced holds end when their Reserve does not say; 0: they are open-ended. */
  @Column({ name: 'default_ttl_seconds', type: 'integer', default: 0 })
  defaultTtlSeconds!: number;
}
