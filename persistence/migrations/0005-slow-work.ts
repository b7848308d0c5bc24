import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'

const sql = (name: string) => readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8')

/** Reminders, mail by kinds, weekly figures. */
export class SlowWork extends Migration {
  override up(): void {
    this.addSql(sql('slow-work'))
  }

  override down(): void {
    this.addSql('drop table creator_week, brand_week, told')
    this.addSql('alter table mail drop column language, drop column held_until, drop column revived_at, drop column invitation_id')
    this.addSql('alter table reading drop column mailed, drop column mailed_seq')
    this.addSql('alter table mail drop column html, drop column kind, drop column user_id, drop column died_at')
    this.addSql('alter table person drop column mail_key')
    this.addSql('alter table campaign drop column opens_at')
  }
}
