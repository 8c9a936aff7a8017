// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// From Dart to C and back.
import 'dart:convert';
import 'dart:ffi';
import 'dart:math';

import 'package:ffi/ffi.dart';

import 'bindings.dart' as c;
import 'codes.dart';
import 'exception.dart';
import 'model.dart';
import 'request.dart';

/// A string of the library, which speaks UTF-8 but may quote others.
String textOf(Pointer<Char> text) {
  if (text == nullptr) return '';
  final bytes = text.cast<Utf8>();
  return utf8.decode(
    text.cast<Uint8>().asTypedList(bytes.length),
    allowMalformed: true,
  );
}

/// A string for the library; null stays null.
Pointer<Char> chars(String? text, Allocator a) =>
    text == null ? nullptr : text.toNativeUtf8(allocator: a).cast();

/// A list of strings for the library.
Pointer<Pointer<Char>> charLists(List<String> texts, Allocator a) {
  if (texts.isEmpty) return nullptr;
  final out = a<Pointer<Char>>(texts.length);
  for (final (i, text) in texts.indexed) {
    out[i] = chars(text, a);
  }
  return out;
}

/// Bytes for the library.
Pointer<Char> bytesOf(List<int> bytes, Allocator a) {
  final out = a<Uint8>(bytes.length + 1);
  out.asTypedList(bytes.length).setAll(0, bytes);
  return out.cast();
}

/// Headers for the library.
Pointer<c.modelsec_header> headerList(
  Map<String, String> headers,
  Allocator a,
) {
  if (headers.isEmpty) return nullptr;
  final out = a<c.modelsec_header>(headers.length);
  for (final (i, header) in headers.entries.indexed) {
    out[i].name = chars(header.key, a);
    out[i].value = chars(header.value, a);
  }
  return out;
}

/// A time for the library, whose zero means its default: what is over at once is the shortest there is.
int millisecondsOf(Duration time) => max(1, time.inMilliseconds);

/// The same of a time whose zero means that default.
int timeoutOf(Duration time) =>
    time == Duration.zero ? 0 : millisecondsOf(time);

/// A whole number as the library takes it: dart:ffi would cut off what is too large, and take -1 for the largest of all.
int countOf(int value, String name, {int bits = 63}) =>
    RangeError.checkValueInInterval(
      value,
      0,
      bits == 32 ? 0xffffffff : 0x7fffffffffffffff,
      name,
    );

/// A time of which the library counts whole seconds; zero is its default, so what is shorter than one is one.
int wholeSecondsOf(Duration time, String name) {
  if (time.isNegative) {
    throw ArgumentError.value(time, name, 'must not be negative');
  }
  return (time.inMicroseconds / Duration.microsecondsPerSecond).ceil();
}

/// A request for the library. `calloc` zeroes what is not set.
Pointer<c.modelsec_request> requestOf(
  int operation,
  ModelRequest r,
  Allocator a, {
  int keep = 0,
}) {
  final out = a<c.modelsec_request>();
  final trust = r.trust;
  out.ref
    ..struct_size = sizeOf<c.modelsec_request>()
    ..operation = operation
    ..model_id = chars(r.modelId, a)
    ..manifest_url = chars(r.manifestUrl?.toString(), a)
    ..manifest_file = chars(r.manifestFile, a)
    ..post_body = chars(r.post, a)
    ..headers = headerList(r.headers, a)
    ..header_count = r.headers.length
    ..pins_json = chars(trust is Pins ? trust.toJson() : null, a)
    ..tier = chars(r.tier, a)
    ..platforms = charLists(r.platforms, a)
    ..platform_count = r.platforms.length
    ..format = r.format == EnvelopeFormat.pack
        ? c.MODELSEC_FORMAT_PACK
        : c.MODELSEC_FORMAT_DSSE
    ..offline = r.offline ? 1 : 0
    ..dry_run = r.dryRun ? 1 : 0
    ..keep = countOf(keep, 'keep', bits: 32)
    ..min_sequence = countOf(r.minSequence, 'minSequence')
    ..deadline_ms = r.deadline == null ? 0 : millisecondsOf(r.deadline!)
    ..trace_parent = chars(r.traceParent, a);
  switch (trust) {
    case PinnedRoot():
      out.ref
        ..root = bytesOf(trust.root, a)
        ..root_size = trust.root.length
        ..root_url = chars('${trust.url}', a)
        ..root_forbidden_ends = trust.forbiddenEnds ? 1 : 0;
    case TufTarget():
      out.ref
        ..root = bytesOf(trust.root, a)
        ..root_size = trust.root.length
        ..root_url = chars('${trust.metadataUrl}', a)
        ..tuf_target = chars(trust.name, a)
        ..tuf_target_urls = charLists([for (final u in trust.urls) '$u'], a)
        ..tuf_target_url_count = trust.urls.length;
    case ModelSignature():
      out.ref
        ..model_signer = signerOf(trust.signer, a)
        ..model_bases = charLists(trust.bases, a)
        ..model_base_count = trust.bases.length
        ..max_age_s = maxAgeOf(trust.maxAge)
        ..require_order = trust.requireOrder ? 1 : 0;
    case Pins() || null:
  }
  return out;
}

/// As the library takes it, in whole seconds of which a begun one is whole; its 0 is any age, which nobody means who gives one.
int maxAgeOf(Duration? age) {
  if (age == null) return 0;
  if (age <= Duration.zero) {
    throw ArgumentError.value(age, 'maxAge', 'is more than nothing');
  }
  return wholeSecondsOf(age, 'maxAge');
}

/// Who may have signed, for the library.
Pointer<c.modelsec_model_signer> signerOf(ModelSigner signer, Allocator a) {
  final out = a<c.modelsec_model_signer>();
  out.ref.struct_size = sizeOf<c.modelsec_model_signer>();
  final root = signer.trustedRoot;
  if (root != null) {
    out.ref
      ..trusted_root = bytesOf(root, a)
      ..trusted_root_size = root.length;
  }
  switch (signer) {
    case ModelKeys():
      out.ref
        ..keys = charLists(signer.keys, a)
        ..key_count = signer.keys.length;
    case ModelAuthority():
      out.ref.authorities = chars(signer.certificates, a);
    case ModelIdentities():
      out.ref
        ..identities = charLists([
          for (final (who, _) in signer.identities) who,
        ], a)
        ..issuers = charLists([for (final (_, by) in signer.identities) by], a)
        ..identity_count = signer.identities.length
        ..identity_patterns = charLists([
          for (final (who, _) in signer.patterns) who,
        ], a)
        ..pattern_issuers = charLists([
          for (final (_, by) in signer.patterns) by,
        ], a)
        ..identity_pattern_count = signer.patterns.length;
  }
  return out;
}

/// The exception that an error of the library stands for; does not release it.
ModelsecException exceptionFrom(c.modelsec_error error) =>
    exceptionOf(error.code, (
      reason: textOf(error.reason),
      hint: textOf(error.hint),
      detail: textOf(error.detail),
    ));

/// Calls a function that takes a place for its error; throws what it puts there.
void check(int Function(Pointer<Pointer<c.modelsec_error>> error) call) =>
    using((arena) {
      final error = arena<Pointer<c.modelsec_error>>();
      final code = call(error);
      if (code == c.MODELSEC_OK) return;
      if (error.value == nullptr) {
        throw exceptionOf(code, (reason: 'none', hint: '', detail: ''));
      }
      final thrown = exceptionFrom(error.value.ref);
      c.modelsec_error_release(error.value);
      throw thrown;
    }, calloc);

/// What an operation came to, of whatever kind.
final class Outcome {
  /// Read from the library's.
  Outcome(c.modelsec_result r)
    : model = Model(
        modelId: textOf(r.model_id),
        version: textOf(r.version),
        path: textOf(r.path),
        sequence: r.sequence,
        sha256: textOf(r.sha256),
        alreadyActive: r.already_active != 0,
        stale: r.stale != 0,
        bytesFetched: r.bytes_fetched,
      ),
      gc = GcReport(
        bytesRemoved: r.bytes_removed,
        removed: [
          for (var i = 0; i < r.removed_count; ++i) textOf(r.removed[i]),
        ],
      );

  /// What is active.
  final Model model;

  /// What a collection removed.
  final GcReport gc;
}

PackInfo? _packOf(Pointer<c.modelsec_pack_info> p) => p == nullptr
    ? null
    : PackInfo(
        version: textOf(p.ref.version),
        sha256: textOf(p.ref.sha256),
        path: textOf(p.ref.path),
        sequence: p.ref.sequence,
        bytes: p.ref.bytes,
        fsVerity: p.ref.fs_verity != 0,
      );

/// A status of the library.
List<ModelStatus> statusOf(c.modelsec_status status) => [
  for (var i = 0; i < status.count; ++i) _modelOf(status.models[i].ref),
];

ModelStatus _modelOf(c.modelsec_model_status m) => ModelStatus(
  modelId: textOf(m.model_id),
  active: _packOf(m.active),
  lastGood: _packOf(m.last_good),
  rejected: [
    for (var i = 0; i < m.rejected_count; ++i) _packOf(m.rejected[i])!,
  ],
  sequence: m.sequence,
  bytes: m.bytes,
  partialBytes: m.partial_bytes,
);
