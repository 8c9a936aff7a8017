// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Models that were signed for everybody: OpenSSF Model Signing, offline.
import 'dart:ffi';
import 'dart:isolate';
import 'dart:typed_data';

import 'package:ffi/ffi.dart';

import 'bindings.dart' as c;
import 'convert.dart';
import 'request.dart';

/// What [verifyModel] verified.
final class ModelReport {
  /// As the library reports it.
  const ModelReport({
    required this.files,
    required this.bytes,
    required this.modelName,
    required this.identity,
    required this.issuer,
    required this.trustedTime,
  });

  /// How many files.
  final int files;

  /// Hashed.
  final int bytes;

  /// What the signer called the model; binds nothing.
  final String modelName;

  /// Who signed, where a [ModelIdentities] did; else empty.
  final String identity;

  /// Who vouched for [identity]; else empty.
  final String issuer;

  /// When it was signed, RFC 3339, as far as somebody trusted says so; else empty.
  final String trustedTime;
}

/// Whether the model at [path], a folder or one file, is what [bundle] signs. [ignored] are files and folders below it that need
/// not be signed: the bundle's own file, if it lies there. Hashes in an isolate of its own; changes nothing, asks nobody.
///
/// Throws a [ModelsecException]: 20 where the signature is not by [signer], 21 for a certificate outside its time, 24 for a bundle
/// that is none, 30 where files are missing, altered or not signed, 31 for names and links that lead out.
Future<ModelReport> verifyModel(
  List<int> bundle,
  String path,
  ModelSigner signer, {
  List<String> ignored = const [],
  bool ignoreUnsigned = false,
}) => Isolate.run(
  () => using((arena) {
    final what = arena<c.modelsec_model_check>();
    what.ref
      ..struct_size = sizeOf<c.modelsec_model_check>()
      ..bundle = bytesOf(bundle, arena)
      ..bundle_size = bundle.length
      ..path = chars(path, arena)
      ..signer = signerOf(signer, arena)
      ..ignored = charLists(ignored, arena)
      ..ignored_count = ignored.length
      ..ignore_unsigned = ignoreUnsigned ? 1 : 0;
    return _reported(
      arena,
      (report, error) => c.modelsec_verify_model(what, report, error),
      (r) => ModelReport(
        files: r.files,
        bytes: r.bytes,
        modelName: textOf(r.model_name),
        identity: textOf(r.identity),
        issuer: textOf(r.issuer),
        trustedTime: textOf(r.trusted_time),
      ),
    );
  }, calloc),
);

/// Signs the model at [path] by a private key (PEM: ECDSA or Ed25519, without passphrase) and returns the bundle. [certificates] in
/// PEM, the key's own first, stand in it then. Hashes in an isolate of its own.
Future<Uint8List> signModel(
  String path,
  String privateKey, {
  String? certificates,
  List<String> ignored = const [],
  int shardBytes = 0,
  bool followLinks = false,
}) => Isolate.run(
  () => using((arena) {
    final what = arena<c.modelsec_model_signing>();
    what.ref
      ..struct_size = sizeOf<c.modelsec_model_signing>()
      ..private_key = chars(privateKey, arena)
      ..certificates = chars(certificates, arena)
      ..path = chars(path, arena)
      ..ignored = charLists(ignored, arena)
      ..ignored_count = ignored.length
      ..shard_bytes = shardBytes
      ..follow_links = followLinks ? 1 : 0;
    return _reported(
      arena,
      (report, error) => c.modelsec_sign_model(what, report, error),
      (r) => Uint8List.fromList(
        r.bundle.cast<Uint8>().asTypedList(r.bundle.cast<Utf8>().length),
      ),
    );
  }, _Wiping()),
);

T _reported<T>(
  Allocator arena,
  int Function(
    Pointer<Pointer<c.modelsec_model_report>>,
    Pointer<Pointer<c.modelsec_error>>,
  )
  call,
  T Function(c.modelsec_model_report) read,
) {
  final report = arena<Pointer<c.modelsec_model_report>>();
  check((error) => call(report, error));
  try {
    return read(report.value.ref);
  } finally {
    c.modelsec_model_report_release(report.value);
  }
}

/// Zeroes what it lets go of: a private key stands in it.
final class _Wiping implements Allocator {
  final _sizes = <int, int>{};

  @override
  Pointer<T> allocate<T extends NativeType>(int byteCount, {int? alignment}) {
    final out = calloc.allocate<T>(byteCount, alignment: alignment);
    _sizes[out.address] = byteCount;
    return out;
  }

  @override
  void free(Pointer<NativeType> pointer) {
    final size = _sizes.remove(pointer.address) ?? 0;
    pointer.cast<Uint8>().asTypedList(size).fillRange(0, size, 0);
    calloc.free(pointer);
  }
}
