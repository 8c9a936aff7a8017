// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Made by scripts/make_dart_bindings.py from bindings/c/include/modelsec/modelsec.h. Do not edit.
// ignore_for_file: camel_case_types, constant_identifier_names, non_constant_identifier_names
@ffi.DefaultAsset('package:modelsec/src/bindings.dart')
library;

import 'dart:ffi' as ffi;

const int MODELSEC_OK = 0;
const int MODELSEC_INTERNAL = 1;
const int MODELSEC_USAGE = 2;
const int MODELSEC_CANCELLED = 3;
const int MODELSEC_NETWORK = 10;
const int MODELSEC_TLS = 11;
const int MODELSEC_HTTP_STATUS = 12;
const int MODELSEC_RATE_LIMITED = 13;
const int MODELSEC_UNAUTHORIZED = 14;
const int MODELSEC_SIGNATURE = 20;
const int MODELSEC_EXPIRED = 21;
const int MODELSEC_ROLLBACK = 22;
const int MODELSEC_MISMATCH = 23;
const int MODELSEC_MALFORMED = 24;
const int MODELSEC_NO_ARTIFACT = 25;
const int MODELSEC_CLOCK = 26;
const int MODELSEC_DIGEST = 30;
const int MODELSEC_UNSAFE = 31;
const int MODELSEC_DISK_FULL = 40;
const int MODELSEC_STORE = 41;
const int MODELSEC_BUSY = 42;
const int MODELSEC_NONE_ACTIVE = 43;
const int MODELSEC_POLICY = 50;
const int MODELSEC_FINDINGS = 60;
const int MODELSEC_PROFILE_CLIENT = 0;
const int MODELSEC_PROFILE_SERVER = 1;
const int MODELSEC_WRITE_AUTOMATIC = 0;
const int MODELSEC_WRITE_DIRECT = 1;
const int MODELSEC_WRITE_CACHED = 2;
const int MODELSEC_OCSP_IF_STAPLED = 0;
const int MODELSEC_OCSP_REQUIRED = 1;
const int MODELSEC_OCSP_OFF = 2;
const int MODELSEC_DIGEST_AUTOMATIC = 0;
const int MODELSEC_DIGEST_WHOLE = 1;
const int MODELSEC_STORE_OWNER_ONLY = 0;
const int MODELSEC_STORE_SHARED_READ = 1;
const int MODELSEC_STORE_VOLUME = 2;
const int MODELSEC_VERITY_OFF = 0;
const int MODELSEC_VERITY_WANTED = 1;
const int MODELSEC_VERITY_REQUIRED = 2;
const int MODELSEC_ALERT_FAILURES = 1;
const int MODELSEC_ALERT_REQUESTS = 2;
const int MODELSEC_ALERT_SIZE = 4;
const int MODELSEC_ALERT_HOST = 8;
const int MODELSEC_OP_FETCH = 1;
const int MODELSEC_OP_ENSURE = 2;
const int MODELSEC_OP_VERIFY = 3;
const int MODELSEC_OP_ROLLBACK = 4;
const int MODELSEC_OP_GC = 5;
const int MODELSEC_OP_OPEN = 6;
const int MODELSEC_OP_CHECK = 7;
const int MODELSEC_OP_REMOVE = 8;
const int MODELSEC_OP_REPAIR = 9;
const int MODELSEC_FORMAT_DSSE = 0;
const int MODELSEC_FORMAT_PACK = 1;
const int MODELSEC_EVENT_STAGE = 0;
const int MODELSEC_EVENT_PROGRESS = 1;
const int MODELSEC_EVENT_REDIRECT = 2;
const int MODELSEC_EVENT_RETRY = 3;
const int MODELSEC_EVENT_WARNING = 4;
const int MODELSEC_EVENT_DONE = 5;
const int MODELSEC_EVENT_RELEASED = 6;
const int MODELSEC_EVENT_ALERT = 8;
const int MODELSEC_FAILED_HOST = 0;
const int MODELSEC_FAILED_EXPIRED = 1;
const int MODELSEC_FAILED_CANCELLED = 2;

final class modelsec_client extends ffi.Opaque {}

final class modelsec_pack extends ffi.Opaque {}

final class modelsec_decrypted extends ffi.Opaque {}

final class modelsec_view extends ffi.Opaque {}

final class modelsec_stream extends ffi.Opaque {}

final class modelsec_transfer extends ffi.Opaque {}

final class modelsec_error extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Int32()
  external int code;

  external ffi.Pointer<ffi.Char> name;

  external ffi.Pointer<ffi.Char> reason;

  external ffi.Pointer<ffi.Char> message;

  external ffi.Pointer<ffi.Char> hint;

  external ffi.Pointer<ffi.Char> detail;
}

final class modelsec_header extends ffi.Struct {
  external ffi.Pointer<ffi.Char> name;

  external ffi.Pointer<ffi.Char> value;
}

final class modelsec_audit_options extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Char> actor;

  @ffi.Uint64()
  external int file_bytes;

  @ffi.Uint32()
  external int kept_files;

  @ffi.Uint32()
  external int alerts_off;

  @ffi.Uint32()
  external int failures_in_a_row;

  @ffi.Uint32()
  external int requests_per_hour;

  @ffi.Uint32()
  external int size_factor;

  @ffi.Uint32()
  external int sink_queue;

  @ffi.Uint64()
  external int cool_down_s;

  external ffi.Pointer<ffi.Char> sink_url;

  @ffi.Uint64()
  external int sink_linger_ms;

  external ffi.Pointer<ffi.Char> metrics_file;

  external ffi.Pointer<
    ffi.NativeFunction<
      ffi.Void Function(ffi.Pointer<ffi.Void> user, ffi.Pointer<ffi.Char> text)
    >
  >
  metrics;

  external ffi.Pointer<ffi.Void> metrics_user;
}

final class modelsec_client_options extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int profile;

  external ffi.Pointer<ffi.Char> store;

  external ffi.Pointer<ffi.Char> ca_file;

  external ffi.Pointer<ffi.Char> certificate_file;

  external ffi.Pointer<ffi.Char> private_key_file;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> spki_pins;

  @ffi.Size()
  external int spki_pin_count;

  @ffi.Uint32()
  external int connections;

  @ffi.Uint32()
  external int write_policy;

  @ffi.Uint64()
  external int limit_rate;

  @ffi.Uint64()
  external int lock_wait_ms;

  external ffi.Pointer<
    ffi.NativeFunction<
      ffi.Void Function(
        ffi.Pointer<ffi.Void> user,
        ffi.Pointer<ffi.Char> origin,
        ffi.Pointer<
          ffi.NativeFunction<
            ffi.Void Function(
              ffi.Pointer<ffi.Void> to,
              ffi.Pointer<ffi.Char> name,
              ffi.Pointer<ffi.Char> value,
            )
          >
        >
        add,
        ffi.Pointer<ffi.Void> to,
      )
    >
  >
  credentials;

  external ffi.Pointer<ffi.Void> credentials_user;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> allowed_hosts;

  @ffi.Size()
  external int allowed_host_count;

  external ffi.Pointer<ffi.Char> user_agent;

  @ffi.Uint64()
  external int device_ram_mb;

  @ffi.Uint64()
  external int device_free_disk_mb;

  @ffi.Uint64()
  external int connect_timeout_ms;

  @ffi.Uint64()
  external int handshake_timeout_ms;

  @ffi.Uint64()
  external int stall_timeout_ms;

  @ffi.Uint32()
  external int retries;

  @ffi.Uint32()
  external int group_shared;

  external ffi.Pointer<ffi.Char> proxy;

  external ffi.Pointer<ffi.Char> no_proxy;

  @ffi.Uint32()
  external int ocsp;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Char> ca_pem;

  external ffi.Pointer<ffi.Char> certificate_pem;

  external ffi.Pointer<ffi.Char> private_key_pem;

  @ffi.Uint64()
  external int first_byte_timeout_ms;

  @ffi.Uint32()
  external int partial_chain;

  @ffi.Uint32()
  external int digest_policy;

  @ffi.Uint32()
  external int store_policy;

  @ffi.Uint32()
  external int automatic_repair;

  @ffi.Uint64()
  external int max_model_bytes;

  @ffi.Uint64()
  external int fallback_after_ms;

  @ffi.Uint64()
  external int min_rate;

  external ffi.Pointer<modelsec_audit_options> audit;

  @ffi.Uint32()
  external int manifest_requests_per_minute;

  @ffi.Uint32()
  external int manifest_requests_per_day;

  @ffi.Uint32()
  external int hub_environment;

  @ffi.Uint32()
  external int hub_allow_endpoint;

  @ffi.Uint32()
  external int fs_verity;

  @ffi.Uint32()
  external int roots_from_environment;

  @ffi.Uint32()
  external int cache_tag;

  @ffi.Uint32()
  external int reserved_2;
}

final class modelsec_model_signer extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> keys;

  @ffi.Size()
  external int key_count;

  external ffi.Pointer<ffi.Char> authorities;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> identities;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> issuers;

  @ffi.Size()
  external int identity_count;

  external ffi.Pointer<ffi.Char> trusted_root;

  @ffi.Size()
  external int trusted_root_size;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> identity_patterns;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> pattern_issuers;

  @ffi.Size()
  external int identity_pattern_count;
}

final class modelsec_request extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int operation;

  external ffi.Pointer<ffi.Char> model_id;

  external ffi.Pointer<ffi.Char> manifest_url;

  external ffi.Pointer<ffi.Char> manifest_file;

  external ffi.Pointer<ffi.Char> post_body;

  external ffi.Pointer<modelsec_header> headers;

  @ffi.Size()
  external int header_count;

  external ffi.Pointer<ffi.Char> pins_json;

  external ffi.Pointer<ffi.Char> tier;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> platforms;

  @ffi.Size()
  external int platform_count;

  @ffi.Uint32()
  external int format;

  @ffi.Uint32()
  external int offline;

  @ffi.Uint32()
  external int dry_run;

  @ffi.Uint32()
  external int keep;

  @ffi.Uint64()
  external int min_sequence;

  @ffi.Uint64()
  external int deadline_ms;

  external ffi.Pointer<ffi.Char> root;

  @ffi.Size()
  external int root_size;

  external ffi.Pointer<ffi.Char> root_url;

  @ffi.Uint32()
  external int root_forbidden_ends;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Char> tuf_target;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> tuf_target_urls;

  @ffi.Size()
  external int tuf_target_url_count;

  external ffi.Pointer<ffi.Char> manifest;

  @ffi.Size()
  external int manifest_size;

  external ffi.Pointer<ffi.Char> bundle;

  @ffi.Uint32()
  external int require_order;

  @ffi.Uint32()
  external int partial;

  external ffi.Pointer<modelsec_model_signer> model_signer;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> model_bases;

  @ffi.Size()
  external int model_base_count;

  @ffi.Uint64()
  external int max_age_s;

  external ffi.Pointer<ffi.Char> trace_parent;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> decrypt_keys;

  @ffi.Size()
  external int decrypt_key_count;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> decrypt_key_files;

  @ffi.Size()
  external int decrypt_key_file_count;
}

final class modelsec_repaired extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int adopted;

  external ffi.Pointer<ffi.Char> model_id;

  external ffi.Pointer<ffi.Char> found;

  external ffi.Pointer<ffi.Char> reason;

  external ffi.Pointer<ffi.Char> active_version;

  @ffi.Uint64()
  external int forgotten_changes;

  @ffi.Uint64()
  external int sequence;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> set_aside;

  @ffi.Size()
  external int set_aside_count;
}

final class modelsec_result extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int already_active;

  @ffi.Uint32()
  external int stale;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Char> model_id;

  external ffi.Pointer<ffi.Char> version;

  external ffi.Pointer<ffi.Char> path;

  external ffi.Pointer<ffi.Char> sha256;

  @ffi.Uint64()
  external int sequence;

  @ffi.Uint64()
  external int bytes_fetched;

  @ffi.Uint64()
  external int bytes_removed;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> removed;

  @ffi.Size()
  external int removed_count;

  @ffi.Uint64()
  external int total_bytes;

  @ffi.Uint64()
  external int bytes_to_fetch;

  external ffi.Pointer<ffi.Char> active_version;

  external ffi.Pointer<ffi.Char> platform;

  external ffi.Pointer<ffi.Char> tier;

  external ffi.Pointer<ffi.Char> stale_reason;

  external ffi.Pointer<ffi.Pointer<modelsec_repaired>> repaired;

  @ffi.Size()
  external int repaired_count;
}

final class modelsec_event extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int kind;

  @ffi.Uint64()
  external int operation;

  @ffi.Uint64()
  external int bytes;

  @ffi.Uint64()
  external int total;

  @ffi.Uint64()
  external int wait_ms;

  external ffi.Pointer<ffi.Char> stage;

  external ffi.Pointer<ffi.Char> reason;

  external ffi.Pointer<ffi.Char> host;

  external ffi.Pointer<ffi.Char> model_id;

  external ffi.Pointer<modelsec_result> result;

  external ffi.Pointer<modelsec_error> error;

  external ffi.Pointer<modelsec_pack> pack;
}

final class modelsec_pack_info extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int fs_verity;

  external ffi.Pointer<ffi.Char> version;

  external ffi.Pointer<ffi.Char> sha256;

  external ffi.Pointer<ffi.Char> path;

  @ffi.Uint64()
  external int sequence;

  @ffi.Uint64()
  external int bytes;
}

final class modelsec_model_status extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int rejected_count;

  external ffi.Pointer<ffi.Char> model_id;

  external ffi.Pointer<modelsec_pack_info> active;

  external ffi.Pointer<modelsec_pack_info> last_good;

  external ffi.Pointer<ffi.Pointer<modelsec_pack_info>> rejected;

  @ffi.Uint64()
  external int sequence;

  @ffi.Uint64()
  external int bytes;

  @ffi.Uint64()
  external int partial_bytes;
}

final class modelsec_status extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int count;

  external ffi.Pointer<ffi.Pointer<modelsec_model_status>> models;
}

final class modelsec_model_check extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Char> bundle;

  @ffi.Size()
  external int bundle_size;

  external ffi.Pointer<ffi.Char> path;

  external ffi.Pointer<modelsec_model_signer> signer;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> ignored;

  @ffi.Size()
  external int ignored_count;

  @ffi.Uint32()
  external int ignore_unsigned;

  @ffi.Uint32()
  external int reserved_check;
}

final class modelsec_model_signing extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Char> private_key;

  external ffi.Pointer<ffi.Char> certificates;

  external ffi.Pointer<ffi.Char> path;

  external ffi.Pointer<ffi.Pointer<ffi.Char>> ignored;

  @ffi.Size()
  external int ignored_count;

  @ffi.Uint64()
  external int shard_bytes;

  @ffi.Uint32()
  external int follow_links;

  @ffi.Uint32()
  external int reserved_signing;
}

final class modelsec_model_report extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int reserved;

  @ffi.Uint64()
  external int files;

  @ffi.Uint64()
  external int bytes;

  external ffi.Pointer<ffi.Char> model_name;

  external ffi.Pointer<ffi.Char> identity;

  external ffi.Pointer<ffi.Char> issuer;

  external ffi.Pointer<ffi.Char> trusted_time;

  external ffi.Pointer<ffi.Char> bundle;
}

final class modelsec_range extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Char> id;

  external ffi.Pointer<ffi.Char> file;

  external ffi.Pointer<ffi.Char> url;

  external ffi.Pointer<modelsec_header> headers;

  @ffi.Size()
  external int header_count;

  @ffi.Uint64()
  external int begin;

  @ffi.Uint64()
  external int end;

  @ffi.Uint64()
  external int file_size;

  @ffi.Uint64()
  external int leased_until;
}

final class modelsec_ranges extends ffi.Struct {
  @ffi.Uint32()
  external int struct_size;

  @ffi.Uint32()
  external int reserved;

  external ffi.Pointer<ffi.Pointer<modelsec_range>> ranges;

  @ffi.Size()
  external int count;
}

@ffi.Native<ffi.Pointer<ffi.Char> Function()>()
external ffi.Pointer<ffi.Char> modelsec_version();

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Int32)>()
external ffi.Pointer<ffi.Char> modelsec_code_name(int code);

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Int32)>()
external ffi.Pointer<ffi.Char> modelsec_code_message(int code);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_error>)>()
external void modelsec_error_release(ffi.Pointer<modelsec_error> error);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_client_options>,
    ffi.Pointer<ffi.Pointer<modelsec_client>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_client_create(
  ffi.Pointer<modelsec_client_options> options,
  ffi.Pointer<ffi.Pointer<modelsec_client>> client,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_client>)>()
external void modelsec_client_release(ffi.Pointer<modelsec_client> client);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_client>,
    ffi.Pointer<ffi.Char>,
    ffi.Pointer<modelsec_header>,
    ffi.Size,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_client_set_headers(
  ffi.Pointer<modelsec_client> client,
  ffi.Pointer<ffi.Char> origin,
  ffi.Pointer<modelsec_header> headers,
  int count,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_result>)>()
external void modelsec_result_release(ffi.Pointer<modelsec_result> result);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_event>)>()
external void modelsec_event_release(ffi.Pointer<modelsec_event> event);

@ffi.Native<ffi.Pointer<modelsec_pack> Function(ffi.Pointer<modelsec_event>)>()
external ffi.Pointer<modelsec_pack> modelsec_event_take_pack(
  ffi.Pointer<modelsec_event> event,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_client>,
    ffi.Pointer<modelsec_request>,
    ffi.Pointer<
      ffi.NativeFunction<
        ffi.Void Function(
          ffi.Pointer<ffi.Void> user,
          ffi.Pointer<modelsec_event> event,
        )
      >
    >,
    ffi.Pointer<ffi.Void>,
    ffi.Pointer<ffi.Uint64>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_start(
  ffi.Pointer<modelsec_client> client,
  ffi.Pointer<modelsec_request> request,
  ffi.Pointer<
    ffi.NativeFunction<
      ffi.Void Function(
        ffi.Pointer<ffi.Void> user,
        ffi.Pointer<modelsec_event> event,
      )
    >
  >
  on_event,
  ffi.Pointer<ffi.Void> user,
  ffi.Pointer<ffi.Uint64> operation,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_client>,
    ffi.Pointer<modelsec_request>,
    ffi.Pointer<
      ffi.NativeFunction<
        ffi.Void Function(
          ffi.Pointer<ffi.Void> user,
          ffi.Pointer<modelsec_event> event,
        )
      >
    >,
    ffi.Pointer<ffi.Void>,
    ffi.Pointer<ffi.Uint64>,
    ffi.Pointer<ffi.Pointer<modelsec_result>>,
    ffi.Pointer<ffi.Pointer<modelsec_pack>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_run(
  ffi.Pointer<modelsec_client> client,
  ffi.Pointer<modelsec_request> request,
  ffi.Pointer<
    ffi.NativeFunction<
      ffi.Void Function(
        ffi.Pointer<ffi.Void> user,
        ffi.Pointer<modelsec_event> event,
      )
    >
  >
  on_event,
  ffi.Pointer<ffi.Void> user,
  ffi.Pointer<ffi.Uint64> operation,
  ffi.Pointer<ffi.Pointer<modelsec_result>> result,
  ffi.Pointer<ffi.Pointer<modelsec_pack>> pack,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Uint64)>()
external void modelsec_cancel(int operation);

@ffi.Native<ffi.Void Function(ffi.Uint64)>()
external void modelsec_pause(int operation);

@ffi.Native<ffi.Void Function(ffi.Uint64)>()
external void modelsec_resume(int operation);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_status>)>()
external void modelsec_status_release(ffi.Pointer<modelsec_status> status);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_client>,
    ffi.Pointer<ffi.Pointer<modelsec_status>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_client_status(
  ffi.Pointer<modelsec_client> client,
  ffi.Pointer<ffi.Pointer<modelsec_status>> status,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_pack>)>()
external void modelsec_pack_release(ffi.Pointer<modelsec_pack> pack);

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_pack>)>()
external ffi.Pointer<ffi.Char> modelsec_pack_path(
  ffi.Pointer<modelsec_pack> pack,
);

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_pack>)>()
external ffi.Pointer<ffi.Char> modelsec_pack_version(
  ffi.Pointer<modelsec_pack> pack,
);

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_pack>)>()
external ffi.Pointer<ffi.Char> modelsec_pack_sha256(
  ffi.Pointer<modelsec_pack> pack,
);

@ffi.Native<ffi.Uint64 Function(ffi.Pointer<modelsec_pack>)>()
external int modelsec_pack_sequence(ffi.Pointer<modelsec_pack> pack);

@ffi.Native<ffi.Size Function(ffi.Pointer<modelsec_pack>)>()
external int modelsec_pack_file_count(ffi.Pointer<modelsec_pack> pack);

@ffi.Native<
  ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_pack>, ffi.Size)
>()
external ffi.Pointer<ffi.Char> modelsec_pack_file_name(
  ffi.Pointer<modelsec_pack> pack,
  int index,
);

@ffi.Native<ffi.Uint64 Function(ffi.Pointer<modelsec_pack>, ffi.Size)>()
external int modelsec_pack_file_size(
  ffi.Pointer<modelsec_pack> pack,
  int index,
);

@ffi.Native<
  ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_pack>, ffi.Size)
>()
external ffi.Pointer<ffi.Char> modelsec_pack_file_sha256(
  ffi.Pointer<modelsec_pack> pack,
  int index,
);

@ffi.Native<
  ffi.Size Function(ffi.Pointer<modelsec_pack>, ffi.Pointer<ffi.Char>)
>()
external int modelsec_pack_find(
  ffi.Pointer<modelsec_pack> pack,
  ffi.Pointer<ffi.Char> name,
);

@ffi.Native<ffi.Int Function(ffi.Pointer<modelsec_pack>, ffi.Size)>()
external int modelsec_pack_file_descriptor(
  ffi.Pointer<modelsec_pack> pack,
  int index,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_client>,
    ffi.Pointer<modelsec_request>,
    ffi.Pointer<ffi.Pointer<modelsec_decrypted>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_decrypted_open(
  ffi.Pointer<modelsec_client> client,
  ffi.Pointer<modelsec_request> request,
  ffi.Pointer<ffi.Pointer<modelsec_decrypted>> pack,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_decrypted>)>()
external void modelsec_decrypted_release(ffi.Pointer<modelsec_decrypted> pack);

@ffi.Native<
  ffi.Pointer<modelsec_pack> Function(ffi.Pointer<modelsec_decrypted>)
>()
external ffi.Pointer<modelsec_pack> modelsec_decrypted_pack(
  ffi.Pointer<modelsec_decrypted> pack,
);

@ffi.Native<ffi.Size Function(ffi.Pointer<modelsec_decrypted>)>()
external int modelsec_decrypted_file_count(
  ffi.Pointer<modelsec_decrypted> pack,
);

@ffi.Native<
  ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_decrypted>, ffi.Size)
>()
external ffi.Pointer<ffi.Char> modelsec_decrypted_file_name(
  ffi.Pointer<modelsec_decrypted> pack,
  int index,
);

@ffi.Native<ffi.Uint64 Function(ffi.Pointer<modelsec_decrypted>, ffi.Size)>()
external int modelsec_decrypted_file_size(
  ffi.Pointer<modelsec_decrypted> pack,
  int index,
);

@ffi.Native<
  ffi.Size Function(ffi.Pointer<modelsec_decrypted>, ffi.Pointer<ffi.Char>)
>()
external int modelsec_decrypted_find(
  ffi.Pointer<modelsec_decrypted> pack,
  ffi.Pointer<ffi.Char> name,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_decrypted>,
    ffi.Size,
    ffi.Uint64,
    ffi.Pointer<ffi.Void>,
    ffi.Size,
    ffi.Pointer<ffi.Size>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_decrypted_read(
  ffi.Pointer<modelsec_decrypted> pack,
  int index,
  int offset,
  ffi.Pointer<ffi.Void> into,
  int size,
  ffi.Pointer<ffi.Size> got,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_decrypted>,
    ffi.Size,
    ffi.Pointer<ffi.Pointer<modelsec_view>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_decrypted_view(
  ffi.Pointer<modelsec_decrypted> pack,
  int index,
  ffi.Pointer<ffi.Pointer<modelsec_view>> view,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Pointer<ffi.Void> Function(ffi.Pointer<modelsec_view>)>()
external ffi.Pointer<ffi.Void> modelsec_view_data(
  ffi.Pointer<modelsec_view> view,
);

@ffi.Native<ffi.Size Function(ffi.Pointer<modelsec_view>)>()
external int modelsec_view_size(ffi.Pointer<modelsec_view> view);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_view>)>()
external void modelsec_view_release(ffi.Pointer<modelsec_view> view);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_decrypted>,
    ffi.Size,
    ffi.Pointer<ffi.Int>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_decrypted_sealed_descriptor(
  ffi.Pointer<modelsec_decrypted> pack,
  int index,
  ffi.Pointer<ffi.Int> descriptor,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_model_report>)>()
external void modelsec_model_report_release(
  ffi.Pointer<modelsec_model_report> report,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_model_check>,
    ffi.Pointer<ffi.Pointer<modelsec_model_report>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_verify_model(
  ffi.Pointer<modelsec_model_check> what,
  ffi.Pointer<ffi.Pointer<modelsec_model_report>> report,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_model_signing>,
    ffi.Pointer<ffi.Pointer<modelsec_model_report>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_sign_model(
  ffi.Pointer<modelsec_model_signing> what,
  ffi.Pointer<ffi.Pointer<modelsec_model_report>> report,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_client>,
    ffi.Pointer<modelsec_request>,
    ffi.Pointer<ffi.Pointer<modelsec_stream>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_stream_open(
  ffi.Pointer<modelsec_client> client,
  ffi.Pointer<modelsec_request> request,
  ffi.Pointer<ffi.Pointer<modelsec_stream>> stream,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_stream>)>()
external void modelsec_stream_release(ffi.Pointer<modelsec_stream> stream);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_stream>)>()
external void modelsec_stream_cancel(ffi.Pointer<modelsec_stream> stream);

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_stream>)>()
external ffi.Pointer<ffi.Char> modelsec_stream_model_id(
  ffi.Pointer<modelsec_stream> stream,
);

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_stream>)>()
external ffi.Pointer<ffi.Char> modelsec_stream_version(
  ffi.Pointer<modelsec_stream> stream,
);

@ffi.Native<ffi.Size Function(ffi.Pointer<modelsec_stream>)>()
external int modelsec_stream_file_count(ffi.Pointer<modelsec_stream> stream);

@ffi.Native<
  ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_stream>, ffi.Size)
>()
external ffi.Pointer<ffi.Char> modelsec_stream_file_name(
  ffi.Pointer<modelsec_stream> stream,
  int index,
);

@ffi.Native<ffi.Uint64 Function(ffi.Pointer<modelsec_stream>, ffi.Size)>()
external int modelsec_stream_file_size(
  ffi.Pointer<modelsec_stream> stream,
  int index,
);

@ffi.Native<ffi.Uint64 Function(ffi.Pointer<modelsec_stream>, ffi.Size)>()
external int modelsec_stream_file_granularity(
  ffi.Pointer<modelsec_stream> stream,
  int index,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_stream>,
    ffi.Size,
    ffi.Uint64,
    ffi.Pointer<ffi.Void>,
    ffi.Size,
    ffi.Pointer<ffi.Size>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_stream_read(
  ffi.Pointer<modelsec_stream> stream,
  int index,
  int offset,
  ffi.Pointer<ffi.Void> into,
  int size,
  ffi.Pointer<ffi.Size> got,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_stream>,
    ffi.Pointer<ffi.Pointer<modelsec_result>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_stream_finish(
  ffi.Pointer<modelsec_stream> stream,
  ffi.Pointer<ffi.Pointer<modelsec_result>> result,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_range>)>()
external void modelsec_range_release(ffi.Pointer<modelsec_range> range);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_ranges>)>()
external void modelsec_ranges_release(ffi.Pointer<modelsec_ranges> ranges);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_client>,
    ffi.Pointer<modelsec_request>,
    ffi.Uint64,
    ffi.Uint64,
    ffi.Pointer<ffi.Pointer<modelsec_transfer>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_transfer_begin(
  ffi.Pointer<modelsec_client> client,
  ffi.Pointer<modelsec_request> request,
  int lease_s,
  int range_bytes,
  ffi.Pointer<ffi.Pointer<modelsec_transfer>> transfer,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Void Function(ffi.Pointer<modelsec_transfer>)>()
external void modelsec_transfer_release(
  ffi.Pointer<modelsec_transfer> transfer,
);

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_transfer>)>()
external ffi.Pointer<ffi.Char> modelsec_transfer_model_id(
  ffi.Pointer<modelsec_transfer> transfer,
);

@ffi.Native<ffi.Pointer<ffi.Char> Function(ffi.Pointer<modelsec_transfer>)>()
external ffi.Pointer<ffi.Char> modelsec_transfer_version(
  ffi.Pointer<modelsec_transfer> transfer,
);

@ffi.Native<
  ffi.Pointer<ffi.Char> Function(
    ffi.Pointer<modelsec_transfer>,
    ffi.Pointer<ffi.Size>,
  )
>()
external ffi.Pointer<ffi.Char> modelsec_transfer_envelope(
  ffi.Pointer<modelsec_transfer> transfer,
  ffi.Pointer<ffi.Size> size,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_transfer>,
    ffi.Pointer<ffi.Pointer<modelsec_range>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_transfer_next(
  ffi.Pointer<modelsec_transfer> transfer,
  ffi.Pointer<ffi.Pointer<modelsec_range>> range,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_transfer>,
    ffi.Pointer<ffi.Char>,
    ffi.Pointer<ffi.Void>,
    ffi.Size,
    ffi.Pointer<ffi.Uint64>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_transfer_deliver(
  ffi.Pointer<modelsec_transfer> transfer,
  ffi.Pointer<ffi.Char> id,
  ffi.Pointer<ffi.Void> data,
  int size,
  ffi.Pointer<ffi.Uint64> taken,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_transfer>,
    ffi.Pointer<ffi.Char>,
    ffi.Pointer<ffi.Char>,
    ffi.Pointer<ffi.Uint64>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_transfer_deliver_file(
  ffi.Pointer<modelsec_transfer> transfer,
  ffi.Pointer<ffi.Char> id,
  ffi.Pointer<ffi.Char> path,
  ffi.Pointer<ffi.Uint64> taken,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_transfer>,
    ffi.Pointer<ffi.Char>,
    ffi.Uint32,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_transfer_fail(
  ffi.Pointer<modelsec_transfer> transfer,
  ffi.Pointer<ffi.Char> id,
  int why,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_transfer>,
    ffi.Pointer<ffi.Pointer<modelsec_ranges>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_transfer_handed_out(
  ffi.Pointer<modelsec_transfer> transfer,
  ffi.Pointer<ffi.Pointer<modelsec_ranges>> ranges,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_transfer>,
    ffi.Pointer<ffi.Uint64>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_transfer_missing(
  ffi.Pointer<modelsec_transfer> transfer,
  ffi.Pointer<ffi.Uint64> bytes,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<
  ffi.Int32 Function(
    ffi.Pointer<modelsec_transfer>,
    ffi.Pointer<ffi.Pointer<modelsec_result>>,
    ffi.Pointer<ffi.Pointer<modelsec_error>>,
  )
>()
external int modelsec_transfer_finish(
  ffi.Pointer<modelsec_transfer> transfer,
  ffi.Pointer<ffi.Pointer<modelsec_result>> result,
  ffi.Pointer<ffi.Pointer<modelsec_error>> error,
);

@ffi.Native<ffi.Int32 Function(ffi.Uint64)>()
external int modelsec_shutdown(int ms);
