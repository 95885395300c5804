import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The hot table: every reserve locks and updates it. Descriptive columns are in inventory_records. */
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

  /** No hold of the record ends before this instant; null when none expires. */
  @Column({ name: 'next_expiry_at', type: 'timestamptz', nullable: true })
  nextExpiryAt!: Date | null;

  /** A copy of the record's, next to the quantities that it is compared with. */
  @Column({ name: 'reorder_level', type: 'integer', default: 0 })
  reorderLevel!: number;

  /** Generated: available units are at or below the reorder level. Expired holds count as reserved here. */
  @Column({ name: 'low', type: 'boolean', insert: false, update: false })
  low!: boolean;
}
