import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'

const sql = (name: string) => readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8')

/** What people do in a room beyond sending: changing messages, reading, being there, searching. */
export class RoomsInFull extends Migration {
  override up(): void {
    this.addSql('drop function append_events')
    for (const name of ['conversation', 'presence', 'search', 'append-events']) this.addSql(sql(name))
  }

  override down(): void {
    // conversation
    this.addSql('drop function lock_stream, seq_at')
    this.addSql('drop view active_member')
    this.addSql('drop table edit, pin, spoke, mention, reading')
    this.addSql('alter table room drop column slow_mode, drop column announcements_only, drop column members, drop column told_members')
    this.addSql('alter table person drop column blocked_at')
    this.addSql(
      'alter table message drop column n, drop column thread, drop column replies, drop column words, drop column edited_at, drop column deleted, drop column reactions',
    )
    // presence
    this.addSql('drop table last_seen, online, presence, node')
    this.addSql('alter table person drop column presence')
    // search
    this.addSql('drop trigger forget_words on event')
    this.addSql(
      'drop function search_messages, search_wanted, search_words, search_marked, search_mark, search_part, forget_words, hold_erasures',
    )
    this.addSql('drop table message_search')
  }
}
