-- Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
-- Signed manifests, who may have which model, and what was asked for. Only the service role (Edge Functions, publishers) writes; row-level security
-- holds for everybody else. Roles anon, authenticated and service_role are Supabase's own.

create table public.model_manifests (
    model_id     text not null check (model_id ~ '^[A-Za-z0-9._+-]{1,128}$'),
    format       text not null check (format in ('dsse', 'pack')),
    sequence     bigint not null check (sequence between 1 and 9007199254740991),
    envelope     text not null check (octet_length(envelope) <= 8388608),  -- as it was signed, to the byte
    object_path  text not null check (object_path !~ '(^|/)\.\.?(/|$)' and object_path !~ '^/'),
    size_bytes   bigint not null check (size_bytes >= 0),
    published_at timestamptz not null default now(),
    primary key (model_id, format, sequence)
);

-- A manifest is never changed, and never followed by an older one: clients would refuse it (rollback).
create function public.keep_manifests_in_order() returns trigger language plpgsql set search_path = '' as $$
begin
    if tg_op <> 'INSERT' then
        raise exception 'manifests are not changed: publish one with a higher sequence';
    end if;
    if exists (select 1 from public.model_manifests m
               where m.model_id = new.model_id and m.format = new.format and m.sequence >= new.sequence) then
        raise exception 'the sequence must be above that of every manifest before';
    end if;
    return new;
end $$;
create trigger manifests_in_order before insert or update on public.model_manifests
    for each row execute function public.keep_manifests_in_order();

create table public.model_access (
    user_id       uuid not null,
    model_id      text not null,
    monthly_bytes bigint not null default 107374182400 check (monthly_bytes >= 0),
    primary key (user_id, model_id)
);

-- One row for each address that was handed out, and for each that was refused.
create table public.model_downloads (
    id         bigint generated always as identity primary key,
    user_id    uuid not null,
    model_id   text not null,
    sequence   bigint,
    size_bytes bigint not null default 0,
    outcome    text not null check (outcome in ('allowed', 'forbidden', 'quota')),
    asked_at   timestamptz not null default now()
);
create index on public.model_downloads (user_id, asked_at);

create function public.append_only() returns trigger language plpgsql set search_path = '' as $$
begin
    raise exception 'downloads are only added to';
end $$;
create trigger downloads_append_only before update or delete or truncate on public.model_downloads
    for each statement execute function public.append_only();

create table public.model_requests (
    user_id  uuid not null,
    asked_at timestamptz not null default clock_timestamp()
);
create index on public.model_requests (user_id, asked_at);

alter table public.model_manifests enable row level security;
alter table public.model_access enable row level security;
alter table public.model_downloads enable row level security;
alter table public.model_requests enable row level security;

revoke all on public.model_manifests, public.model_access, public.model_downloads, public.model_requests from public, anon, authenticated;
grant select on public.model_manifests, public.model_access, public.model_downloads to authenticated;
grant select, insert on public.model_manifests to service_role;
grant select, insert, update, delete on public.model_access to service_role;
grant select on public.model_downloads to service_role;

-- auth.uid() is Supabase's: the user of the request's token.
create policy "who may have a model sees its manifests" on public.model_manifests for select to authenticated
    using (exists (select 1 from public.model_access a where a.user_id = auth.uid() and a.model_id = model_manifests.model_id));
create policy "everybody sees their own access" on public.model_access for select to authenticated using (user_id = auth.uid());
create policy "everybody sees their own downloads" on public.model_downloads for select to authenticated using (user_id = auth.uid());

-- Says whether a request is one too many, at most `most` a minute: the seconds to wait, 0 if it may go on. One after the other for each user, so that
-- requests at the same moment do not pass together.
create function public.claim_request(who uuid, most integer default 30) returns integer
    language plpgsql security definer set search_path = '' as $$
declare
    counted integer;
    oldest timestamptz;
begin
    perform pg_advisory_xact_lock(hashtextextended(who::text, 0));
    delete from public.model_requests where user_id = who and asked_at < clock_timestamp() - interval '1 minute';
    select count(*), min(asked_at) into counted, oldest from public.model_requests where user_id = who;
    if counted >= most then
        return greatest(1, ceil(extract(epoch from oldest + interval '1 minute' - clock_timestamp()))::integer);
    end if;
    insert into public.model_requests (user_id) values (who);
    return 0;
end $$;

-- The object that this user may download now, written down with what was answered; outcome forbidden or quota without one.
create function public.claim_download(who uuid, wanted text) returns table (outcome text, object_path text, sequence bigint)
    language plpgsql security definer set search_path = '' as $$
declare
    newest public.model_manifests;
    allowed bigint;
    used bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended(who::text, 1));
    select a.monthly_bytes into allowed from public.model_access a where a.user_id = who and a.model_id = wanted;
    select m.* into newest from public.model_manifests m where m.model_id = wanted order by m.sequence desc limit 1;
    if allowed is null or newest is null then
        insert into public.model_downloads (user_id, model_id, outcome) values (who, left(wanted, 128), 'forbidden');
        return query select 'forbidden'::text, null::text, null::bigint;
        return;
    end if;
    select coalesce(sum(d.size_bytes), 0) into used from public.model_downloads d
        where d.user_id = who and d.model_id = wanted and d.outcome = 'allowed' and d.asked_at >= date_trunc('month', now());
    if used + newest.size_bytes > allowed then
        insert into public.model_downloads (user_id, model_id, sequence, outcome) values (who, wanted, newest.sequence, 'quota');
        return query select 'quota'::text, null::text, null::bigint;
        return;
    end if;
    insert into public.model_downloads (user_id, model_id, sequence, size_bytes, outcome)
        values (who, wanted, newest.sequence, newest.size_bytes, 'allowed');
    return query select 'allowed'::text, newest.object_path, newest.sequence;
end $$;

revoke execute on function public.claim_request(uuid, integer), public.claim_download(uuid, text) from public, anon, authenticated;
grant execute on function public.claim_request(uuid, integer), public.claim_download(uuid, text) to service_role;

-- A private bucket. Without a policy nobody but the service role reads or writes its objects: addresses are signed by the Edge Function.
insert into storage.buckets (id, name, public) values ('models', 'models', false) on conflict (id) do update set public = false;
alter table storage.objects enable row level security;
create policy "models: nobody but the service role" on storage.objects as restrictive for all to anon, authenticated using (bucket_id <> 'models')
    with check (bucket_id <> 'models');
