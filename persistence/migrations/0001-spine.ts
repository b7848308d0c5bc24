import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'

const sql = (name: string) => readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8')

/** The log and the people and rooms around it. */
export class Spine extends Migration {
  override up(): void {
    for (const name of ['schema', 'append-events', 'functions']) this.addSql(sql(name))
    this.addSql(`select create_stream('00000000-0000-8000-8000-000000000000', 'platform')`)
    this.addSql('insert into log_epoch (system_identifier, tx_offset) select system_identifier, 0 from pg_control_system()')
  }

  override down(): void {
    this.addSql('drop function append_events, create_stream')
    this.addSql('drop table member, room, refresh_token, session, person, checkpoint_key, checkpoint, follower, command, message, event')
    this.addSql('drop sequence event_pos')
    this.addSql('drop function only_erase')
    this.addSql('drop table stream, log_epoch')
  }
}
