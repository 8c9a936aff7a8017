// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A signed address of a model's file, for an hour: POST {"modelId"} -> {"signedURL": "/object/sign/…"}, as clients take it for `url_endpoint`.
import { asService, call, isModelId, Refusal, serve } from "../_shared/access.ts";

type Claim = { outcome: "allowed" | "forbidden" | "quota"; object_path: string | null };

serve(["POST"], async (request, user) => {
  const text = await request.text();
  if (text.length > 4096) throw new Refusal(413, "too_large");
  let modelId: unknown;
  try {
    modelId = JSON.parse(text).modelId;
  } catch {
    throw new Refusal(400, "malformed");
  }
  if (!isModelId(modelId)) throw new Refusal(400, "malformed");
  const [claim] = await call<Claim[]>("claim_download", { who: user, wanted: modelId });
  if (claim?.outcome === "quota") throw new Refusal(402, "quota");
  if (claim?.outcome !== "allowed" || !claim.object_path) throw new Refusal(403, "forbidden");
  const path = claim.object_path.split("/").map(encodeURIComponent).join("/");
  const signed = await asService(`/storage/v1/object/sign/models/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ expiresIn: Number(Deno.env.get("URL_SECONDS") ?? "3600") }),
  });
  if (!signed.ok) throw new Error(`sign: ${signed.status}`);
  const { signedURL } = await signed.json();
  return new Response(JSON.stringify({ signedURL }), {
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" },
  });
});
