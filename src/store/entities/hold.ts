import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Units of one record held under one reference; '' is for units reserved without one. */
@Entity('holds')
export class HoldEntity {
  @PrimaryColumn({ name: 'merchant_id', type: 'text' })
  merchantId!: string;

  @PrimaryColumn({ name: 'inventory_id', type: 'text' })
  inventoryId!: string;

  @PrimaryColumn({ name: 'reference', type: 'text' })
  reference!: string;

  @Column({ name: 'qty', type: 'integer' })
  qty!: number;

  @Column({ name: 'opened_revision', type: 'bigint' })
  openedRevision!: string;

  /** Null when the hold is open-ended. */
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;
}
