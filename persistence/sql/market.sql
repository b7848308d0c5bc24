-- Brands, campaigns, applications. The brand is the tenant: it is part of every key and every reference, so a row of another brand
-- cannot even be pointed at. Free text of people is not here: it stays in the log, in one place, so that erasing it there erases it.
alter table stream drop constraint stream_kind_check, add constraint stream_kind_check check (kind in ('room', 'user', 'brand', 'platform'));

create table catalogue (
  list text not null check (list in ('platforms', 'categories')),
  key text not null,
  name text not null,
  retired boolean not null default false,
  primary key (list, key)
);

-- What a creator shows of themselves; its lists are canonical JSON, as the contract has them.
create table profile (
  user_id uuid primary key references person (id) on delete cascade,
  version int not null,
  fields text not null,
  changed_at timestamptz not null
);

alter table person
  add column language text not null default 'en',
  add column time_zone text not null default 'UTC',
  add column notifications text,             -- canonical JSON; null for what is usual
  add column profile_shown text not null default 'brands' check (profile_shown in ('brands', 'applied'));

create table brand (
  id uuid primary key references stream (id),
  version int not null default 1,
  name text not null,
  about text,
  website text,
  territory text,
  created_at timestamptz not null
);

create table team_member (
  brand_id uuid not null references brand (id),
  actor_key uuid not null,                   -- who they are in the brand's stream
  user_id uuid references person (id),       -- null once the tie between key and person is erased
  role text not null check (role in ('owner', 'manager', 'viewer')),
  since timestamptz not null,
  removed_at timestamptz,
  primary key (brand_id, actor_key),
  unique (brand_id, user_id)
);
create index team_member_user on team_member (user_id);

create table invitation (
  brand_id uuid not null references brand (id),
  id uuid not null unique,
  email text not null,
  role text not null check (role in ('manager', 'viewer')),
  code_hash bytea not null unique,           -- SHA-256: the code itself is in the mail alone
  created_at timestamptz not null,
  ends_at timestamptz not null,
  primary key (brand_id, id),
  unique (brand_id, email)
);

-- A room that follows a brand's team. Nobody else is let in or out by hand.
alter table room add column brand_id uuid references brand (id);
alter table room drop constraint room_kind_check, add constraint room_kind_check check (kind in ('campaign', 'application', 'notes'));
create index room_brand on room (brand_id) where brand_id is not null;

create table campaign (
  brand_id uuid not null references brand (id),
  id uuid not null unique,
  room_id uuid not null unique references room (id),
  state text not null check (state in ('draft', 'open', 'paused', 'closed', 'completed', 'cancelled')),
  version int not null default 1,
  title text not null,
  brief text,
  goals jsonb not null,
  deliverables jsonb not null,
  platforms text[] not null,
  categories text[] not null,
  territories text[] not null,
  languages text[] not null,
  budget_min bigint,
  budget_max bigint,
  currency text,
  apply_by timestamptz,
  decide_by timestamptz,
  starts_on date,
  ends_on date,
  creators int,
  visibility text not null check (visibility in ('public', 'invited', 'code')),
  questions jsonb not null,
  code text not null unique,
  words tsvector not null default '',        -- of title, brief, goals: what a search looks in
  created_at timestamptz not null,
  published_at timestamptz,
  changed_at timestamptz not null,
  moved bigint,                              -- the seq, in its room, of the event that moved it last
  settled timestamptz not null default '-infinity', -- up to which deadline its open applications were ended; infinity: for good
  primary key (brand_id, id),
  check ((budget_min is null) = (currency is null) and (budget_max is null) = (currency is null))
);
create index campaign_brand on campaign (brand_id, state, changed_at desc, id desc);
-- Of one brand, by its own lexeme: see persistence/campaigns/write.ts.
create index campaign_words on campaign using gin (words);
-- What creators look through. Either they walk in the order that they sort by, or they take all that fits, where that is little.
create index campaign_newest on campaign (published_at desc, id desc) where state = 'open' and visibility = 'public';
create index campaign_deadline on campaign (apply_by, id) where state = 'open' and visibility = 'public';
create index campaign_budget on campaign (currency, budget_max desc, id desc) where state = 'open' and visibility = 'public';
create index campaign_shown on campaign using gin (platforms, categories, territories, languages, words)
  where state = 'open' and visibility = 'public';
-- What the sweep looks for.
create index campaign_closing on campaign (apply_by) where state in ('open', 'paused');
create index campaign_deciding on campaign (decide_by) where state in ('open', 'paused', 'closed');
create index campaign_unsettled on campaign (decide_by) where settled < decide_by;
create index campaign_cancelled on campaign (id) where state = 'cancelled' and settled < 'infinity';

-- Who may see a campaign that is not public, by their address.
create table campaign_guest (
  campaign_id uuid not null references campaign (id),
  email text not null,
  via text not null check (via in ('invited', 'code')),
  at timestamptz not null,
  primary key (campaign_id, email)
);
create index campaign_guest_email on campaign_guest (email);

create table saved_campaign (
  user_id uuid not null references person (id) on delete cascade,
  campaign_id uuid not null references campaign (id),
  at timestamptz not null,
  primary key (user_id, campaign_id)
);
create index saved_campaign_at on saved_campaign (user_id, at desc, campaign_id);

create table application (
  brand_id uuid not null,
  id uuid not null unique,
  campaign_id uuid not null,
  creator_id uuid not null references person (id),
  room_id uuid not null unique references room (id),
  notes_room_id uuid unique references room (id),
  state text not null check (state in ('submitted', 'shortlisted', 'negotiating', 'agreed', 'agreed+brand', 'agreed+creator', 'delivering',
    'delivering+brand', 'delivering+creator', 'completed', 'declined', 'withdrawn', 'expired', 'cancelled')),
  version int not null default 1,
  has_terms boolean not null,
  submitted bigint not null,                 -- the seq, in its room, of the event that has cover and answers
  moved bigint,                              -- of the event that moved it last
  submitted_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (brand_id, id),
  foreign key (brand_id, campaign_id) references campaign (brand_id, id),
  unique (campaign_id, creator_id)
);
-- A list is the states that it is of, each in its order, merged: so a page costs the same however many there are of the others.
create index application_campaign on application (campaign_id, state, submitted_at desc, id desc);
create index application_campaign_changed on application (campaign_id, state, changed_at desc, id desc);
create index application_brand on application (brand_id, state, submitted_at desc, id desc);
create index application_brand_changed on application (brand_id, state, changed_at desc, id desc);
create index application_creator on application (creator_id, state, submitted_at desc, id desc);
create index application_creator_changed on application (creator_id, state, changed_at desc, id desc);

-- How many of a campaign's applications are in a state: counting them would cost as much as there are.
create table application_count (
  campaign_id uuid not null references campaign (id),
  state text not null,
  n int not null,
  primary key (campaign_id, state)
) with (fillfactor = 70);

-- Versions of terms, as they were signed: canonical JSON, the exact bytes.
create table offer (
  application_id uuid not null references application (id),
  version int not null,
  by_side text not null check (by_side in ('brand', 'creator')),
  terms text not null,
  state text not null check (state in ('proposed', 'accepted', 'countered', 'declined', 'withdrawn', 'expired')),
  at timestamptz not null,
  primary key (application_id, version)
);

-- Mail that is to go, written with what it is about. Gone once it is sent: it may carry a code.
create table mail (
  id uuid primary key,
  recipient text not null,
  subject text not null,
  body text not null,
  created_at timestamptz not null default now(),
  next_at timestamptz not null default now(),
  tries int not null default 0,
  failure text
);
create index mail_next on mail (next_at);

-- Who is in a room now, and who is in a team. Everything that asks whether somebody may, asks here.
create view active_team as
  select t.brand_id, t.actor_key, t.user_id, t.role, t.since from team_member t
   where t.removed_at is null and t.user_id is not null
     and not exists (select from person p where p.id = t.user_id and p.blocked_at is not null);

insert into catalogue (list, key, name) values
  ('platforms', 'instagram', 'Instagram'), ('platforms', 'tiktok', 'TikTok'), ('platforms', 'youtube', 'YouTube'),
  ('platforms', 'twitch', 'Twitch'), ('platforms', 'x', 'X'), ('platforms', 'facebook', 'Facebook'), ('platforms', 'linkedin', 'LinkedIn'),
  ('platforms', 'pinterest', 'Pinterest'), ('platforms', 'snapchat', 'Snapchat'), ('platforms', 'threads', 'Threads'),
  ('platforms', 'telegram', 'Telegram'), ('platforms', 'podcast', 'Podcast'), ('platforms', 'blog', 'Blog'),
  ('categories', 'beauty', 'Beauty'), ('categories', 'fashion', 'Fashion'), ('categories', 'food-drink', 'Food & drink'),
  ('categories', 'travel', 'Travel'), ('categories', 'fitness', 'Fitness & sport'), ('categories', 'health', 'Health'),
  ('categories', 'home', 'Home & garden'), ('categories', 'family', 'Family'), ('categories', 'pets', 'Pets'),
  ('categories', 'technology', 'Technology'), ('categories', 'gaming', 'Gaming'), ('categories', 'music', 'Music'),
  ('categories', 'film', 'Film & series'), ('categories', 'books', 'Books'), ('categories', 'art-design', 'Art & design'),
  ('categories', 'photography', 'Photography'), ('categories', 'education', 'Education'), ('categories', 'business', 'Business'),
  ('categories', 'finance', 'Finance'), ('categories', 'cars', 'Cars & mobility'), ('categories', 'outdoors', 'Outdoors'),
  ('categories', 'sustainability', 'Sustainability'), ('categories', 'comedy', 'Comedy'), ('categories', 'crafts', 'Crafts');
