import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'

const sql = (name: string) => readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8')

/** Offers, agreements, deliveries: read from the log. */
export class Deals extends Migration {
  override up(): void {
    this.addSql(sql('deals'))
  }

  override down(): void {
    this.addSql('alter table session drop column proved_at')
    this.addSql('alter table application drop column expires_at, drop column disputed_at')
    this.addSql('drop index event_deal, message_deleted')
    this.addSql(`create table offer (application_id uuid not null references application (id), version int not null,
      by_side text not null check (by_side in ('brand', 'creator')), terms text not null,
      state text not null check (state in ('proposed', 'accepted', 'countered', 'declined', 'withdrawn', 'expired')),
      at timestamptz not null, primary key (application_id, version))`)
  }
}
