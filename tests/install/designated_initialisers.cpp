// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Every aggregate of the public headers with its first member named and the others left to their defaults: clean under
// -Wall -Wextra -Werror (-Wmissing-field-initializers asks for a default member initialiser each).
#include <modelsec/model_signing.hpp>
#include <modelsec/modelsec.hpp>

using namespace modelsec;

const client_options a = client_options{.store = "models"};
const manifest_source b = manifest_source{.url = "https://models.example.org/manifest.json"};
const pinned_root c = pinned_root{.root = {}};
const tuf_repository d = tuf_repository{.root = {}};
const fetch_options e = fetch_options{.manifest = {.url = "https://models.example.org/manifest.json"}, .model_id = "llama"};
const fetch_result f = fetch_result{.model_id = "llama"};
const model_status g = model_status{.model_id = "llama"};
const rollback_options h = rollback_options{.model_id = "llama"};
const gc_options i = gc_options{.keep = 1};
const gc_report j = gc_report{.removed = {}};
const event k = event{.kind = event_kind::progress};
const limits l = limits{.envelope_bytes = 1};
const failure m = failure{.why = reason::stall};
const diagnostics n = diagnostics{.why = reason::stall};
const transport_options o = transport_options{.tls = tls_options{.ca_file = "ca.pem"}};
const http_header p = http_header{.name = "Accept"};
const origin_credentials q = origin_credentials{.origin = "https://models.example.org"};
const device_facts r = device_facts{.ram_bytes = 1};
const pack_info s = pack_info{.version = "1.0.0"};
const operation_options t1 = operation_options{.events = {}};
const remove_options t2 = remove_options{.model_id = "llama"};
const check_result t3 = check_result{.model_id = "llama"};
const ensure_all_options t4 = ensure_all_options{.models = {}};
const model_outcome t5 = model_outcome{.ec = {}};
const watch_options t6 = watch_options{.models = {}};
const model_options t7 = model_options("llama");  // takes an id alone, and so has constructors
const audit_options t11 = audit_options{.enabled = true};
const model_signature t12 = model_signature{.signers = {}};
const stream_info t13 = stream_info{.path = {}};
const foreign_options t14 = foreign_options{.lease = std::chrono::hours(1)};
const foreign_range t15 = foreign_range{.id = {}};
const foreign_lease t16 = foreign_lease{.id = {}};
const repair_options t8 = repair_options{.model_id = "llama"};
const model_repair t9 = model_repair{.model_id = "llama"};
const repair_report t10 = repair_report{.models = {}};

pin one_pin(public_key key)
{
    return pin{.key_id = "v1", .key = std::move(key)};
}
