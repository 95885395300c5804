import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The hot table: what every reserve locks and updates. Descriptive columns live apart. */
@Entity('stock_levels')
export class StockLevelEntity {
  @PrimaryColumn({ name: 'merchant_id', type: 'text' })
  merchantId!: string;

  @PrimaryColumn({ name: 'id', type: 'text' })
  id!: string;

  @Column({ name: 'on_hand_qty', type: 'integer' })
  onHandQty!: number;

  @Column({ name: 'reserved_qty', type: 'integer' })
  reservedQty!: number;

  @Column({ name: 'revision', type: 'bigint' })
  revision!: string;

  /** No hold of the record ends before this instant; null when none ends by itself. */
  @Column({ name: 'next_expiry_at', type: 'timestamptz', nullable: true })
  nextExpiryAt!: Date | null;
}
