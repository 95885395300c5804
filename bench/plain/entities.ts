import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

@Entity('inventory')
export class InventoryRecord {
  @PrimaryColumn('text')
  id!: string;

  @Column('integer', { name: 'on_hand_qty' })
  onHandQty!: number;

  @Column('integer', { name: 'reserved_qty' })
  reservedQty!: number;
}

@Entity('inventory_log')
export class InventoryLog {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', name: 'log_id' })
  logId!: string;

  @Index()
  @Column('text', { name: 'inventory_id' })
  inventoryId!: string;

  @Column('text')
  action!: string;

  @Column('integer')
  qty!: number;

  @Column('text', { nullable: true })
  reference!: string | null;

  @Column('text', { nullable: true })
  notes!: string | null;

  @Column('timestamptz', { name: 'logged_at', default: () => 'now()' })
  loggedAt!: Date;
}
