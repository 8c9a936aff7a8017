# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""PostgreSQL from Debian on loopback, with the roles and schemas that a Supabase project has."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from support import free_port

PROJECT = """
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create schema auth;
create function auth.uid() returns uuid language sql stable as
    $$ select (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid $$;
create schema storage;
create table storage.buckets (id text primary key, name text not null, public boolean default false);
create table storage.objects (id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets, name text, owner uuid);
create policy "members of another bucket" on storage.objects for all to authenticated using (true) with check (true);
grant usage on schema public, auth, storage to anon, authenticated, service_role;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
"""


class Postgres:
    def __init__(self, world):
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        assert found, "apt-get install postgresql"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="modelsec-pg-"))
        self.port = free_port()
        # PostgreSQL does not run as root.
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.as_user:
            shutil.chown(self.folder, "postgres")
        bin = found[-1].parent
        data = self.folder / "data"
        subprocess.run([*self.as_user, str(bin / "initdb"), "-D", str(data), "-U", "owner", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"], check=True, capture_output=True,
                       cwd=self.folder, timeout=120)
        world.closing.append(lambda: shutil.rmtree(self.folder, ignore_errors=True))
        self.process = world.process([*self.as_user, bin / "postgres", "-D", data, "-p", self.port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"],
                                     self.port, world.folder / "postgres.log", cwd=self.folder)
        self.run(PROJECT)

    def run(self, sql, role=None, user=None, variables=None):
        """What it answers (JSON if it is), as a role of a user; raises PermissionError with the server's text if it refuses."""
        head = f"set role {role};\n" if role else ""
        if user:
            head += "select set_config('request.jwt.claims', '" + json.dumps({"sub": user}) + "', false);\n"
        command = ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "owner", "-d", "postgres", "-qXAt", "-v", "ON_ERROR_STOP=1"]
        for name, value in (variables or {}).items():
            command += ["-v", f"{name}={value}"]
        done = subprocess.run(command, input=head + sql, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise PermissionError(done.stderr)
        lines = done.stdout.strip().splitlines()
        return "\n".join(lines[1:] if user else lines)
