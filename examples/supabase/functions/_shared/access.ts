// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What both functions do first: who asks, and is it not too often? Answers never say more than a code: what went wrong is in the log.

export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, readonly wait = 0) {
    super(code);
  }
  answer(): Response {
    const headers: Record<string, string> = { "Content-Type": "application/json", "Cache-Control": "no-store" };
    if (this.wait > 0) headers["Retry-After"] = String(this.wait);
    return new Response(JSON.stringify({ error: this.code }), { status: this.status, headers });
  }
}

function setting(name: string): string {
  const value = Deno.env.get(name);
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const project = () => setting("SUPABASE_URL");
const serviceKey = () => setting("SUPABASE_SERVICE_ROLE_KEY");

/** A request to the project's own API as the service role. The key goes to no other origin: redirects are not followed. */
export async function asService(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("apikey", serviceKey());
  headers.set("Authorization", `Bearer ${serviceKey()}`);
  return await fetch(project() + path, { ...init, headers, redirect: "error", signal: AbortSignal.timeout(10_000) });
}

export async function call<T>(name: string, parameters: Record<string, unknown>): Promise<T> {
  const answer = await asService(`/rest/v1/rpc/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(parameters),
  });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return await answer.json();
}

/** The user of the request's token, which the project's own authentication looks at. */
async function userOf(request: Request): Promise<string> {
  const token = /^Bearer ([\w.~+/-]+=*)$/.exec(request.headers.get("Authorization") ?? "")?.[1];
  if (!token) throw new Refusal(401, "unauthorized");
  const answer = await fetch(`${project()}/auth/v1/user`, {
    headers: { apikey: setting("SUPABASE_ANON_KEY"), Authorization: `Bearer ${token}` },
    redirect: "error",
    signal: AbortSignal.timeout(10_000),
  });
  if (answer.status === 401 || answer.status === 403) throw new Refusal(401, "unauthorized");
  if (!answer.ok) throw new Error(`auth: ${answer.status}`);
  const id = (await answer.json()).id;
  if (typeof id !== "string" || !/^[0-9a-f-]{36}$/.test(id)) throw new Refusal(401, "unauthorized");
  return id;
}

export const isModelId = (text: unknown): text is string => typeof text === "string" && /^[A-Za-z0-9._+-]{1,128}$/.test(text);

/** Serves a function: authentication, rate limit, then `work`. */
export function serve(methods: string[], work: (request: Request, user: string) => Promise<Response>) {
  Deno.serve(async (request) => {
    try {
      if (!methods.includes(request.method)) throw new Refusal(405, "method");
      const user = await userOf(request);
      const most = Number(Deno.env.get("REQUESTS_PER_MINUTE") ?? "30");
      const wait = await call<number>("claim_request", { who: user, most });
      if (wait > 0) throw new Refusal(429, "rate_limited", wait);
      return await work(request, user);
    } catch (problem) {
      if (problem instanceof Refusal) return problem.answer();
      console.error(problem instanceof Error ? problem.message : "failed");
      return new Refusal(503, "unavailable").answer();
    }
  });
}
