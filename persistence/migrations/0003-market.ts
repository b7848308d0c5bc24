import { readFileSync } from 'node:fs'
import { Migration } from '@mikro-orm/migrations'

const sql = (name: string) => readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8')

/** Who bids on what: brands and their teams, campaigns, applications. */
export class Market extends Migration {
  override up(): void {
    this.addSql('drop function append_events')
    for (const name of ['market', 'append-events']) this.addSql(sql(name))
  }

  override down(): void {
    this.addSql('drop view active_team')
    this.addSql('drop table mail, offer, application_count, application, saved_campaign, campaign_guest, campaign')
    this.addSql('alter table room drop column brand_id')
    this.addSql(`delete from reading where room_id in (select id from room where kind = 'notes')`)
    this.addSql(`delete from member where room_id in (select id from room where kind = 'notes')`)
    this.addSql(`delete from room where kind = 'notes'`)
    this.addSql(
      `alter table room drop constraint room_kind_check, add constraint room_kind_check check (kind in ('campaign', 'application'))`,
    )
    this.addSql('drop table invitation, team_member, brand, profile, catalogue')
    this.addSql('alter table person drop column language, drop column time_zone, drop column notifications, drop column profile_shown')
    this.addSql(`delete from stream where kind = 'brand'`)
    this.addSql(
      `alter table stream drop constraint stream_kind_check, add constraint stream_kind_check check (kind in ('room', 'user', 'platform'))`,
    )
  }
}
