// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The newest signed manifest of a model, to the byte as it was signed: GET ?model=ID[&format=dsse|pack], or POST {"modelId", "format"}.
import { asService, isModelId, Refusal, serve } from "../_shared/access.ts";

serve(["GET", "POST"], async (request, user) => {
  const query = new URL(request.url).searchParams;
  let asked = { modelId: query.get("model"), format: query.get("format") ?? "dsse" };
  if (request.method === "POST") {
    const text = await request.text();
    if (text.length > 4096) throw new Refusal(413, "too_large");
    try {
      asked = { format: "dsse", ...JSON.parse(text) };
    } catch {
      throw new Refusal(400, "malformed");
    }
  }
  if (!isModelId(asked.modelId) || !["dsse", "pack"].includes(asked.format)) throw new Refusal(400, "malformed");
  const filter = new URLSearchParams({ select: "user_id", user_id: `eq.${user}`, model_id: `eq.${asked.modelId}` });
  const access = await asService(`/rest/v1/model_access?${filter}`);
  if (!access.ok) throw new Error(`access: ${access.status}`);
  // Whoever may not have a model is told the same as if there were none.
  if ((await access.json()).length !== 1) throw new Refusal(404, "not_found");
  const wanted = new URLSearchParams({
    select: "envelope,sequence",
    model_id: `eq.${asked.modelId}`,
    format: `eq.${asked.format}`,
    order: "sequence.desc",
    limit: "1",
  });
  const answer = await asService(`/rest/v1/model_manifests?${wanted}`);
  if (!answer.ok) throw new Error(`manifests: ${answer.status}`);
  const [newest] = await answer.json();
  if (!newest) throw new Refusal(404, "not_found");
  const tag = `"${asked.format}-${newest.sequence}"`;
  const headers = { ETag: tag, "Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff" };
  if (request.headers.get("If-None-Match") === tag) return new Response(null, { status: 304, headers });
  return new Response(newest.envelope, { headers: { ...headers, "Content-Type": "application/json" } });
});
