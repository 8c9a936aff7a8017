// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Made by scripts/make_codes.py from error_codes.def. Do not edit.
import 'exception.dart';

/// What an operation came to; the numbers are the same in every language.
enum ModelsecCode {
  /// Model ready.
  ok(0, 'ok', 'Model ready'),

  /// Model initialization failed: internal error.
  internal(1, 'internal', 'Model initialization failed: internal error'),

  /// Model initialization failed: the request is not valid.
  usage(2, 'usage', 'Model initialization failed: the request is not valid'),

  /// Model initialization cancelled.
  cancelled(3, 'cancelled', 'Model initialization cancelled'),

  /// Model initialization failed: the network failed.
  network(10, 'network', 'Model initialization failed: the network failed'),

  /// Model initialization failed: the server could not be authenticated.
  tls(
    11,
    'tls',
    'Model initialization failed: the server could not be authenticated',
  ),

  /// Model initialization failed: the server refused the request.
  httpStatus(
    12,
    'http_status',
    'Model initialization failed: the server refused the request',
  ),

  /// Model initialization failed: too many requests.
  rateLimited(
    13,
    'rate_limited',
    'Model initialization failed: too many requests',
  ),

  /// Model initialization failed: access was denied.
  unauthorized(
    14,
    'unauthorized',
    'Model initialization failed: access was denied',
  ),

  /// Model initialization failed: the manifest is not signed by a trusted key.
  signature(
    20,
    'signature',
    'Model initialization failed: the manifest is not signed by a trusted key',
  ),

  /// Model initialization failed: the manifest has expired.
  expired(
    21,
    'expired',
    'Model initialization failed: the manifest has expired',
  ),

  /// Model initialization failed: an older or withdrawn version was offered.
  rollback(
    22,
    'rollback',
    'Model initialization failed: an older or withdrawn version was offered',
  ),

  /// Model initialization failed: the manifest is for something else.
  mismatch(
    23,
    'mismatch',
    'Model initialization failed: the manifest is for something else',
  ),

  /// Model initialization failed: the metadata is malformed.
  malformed(
    24,
    'malformed',
    'Model initialization failed: the metadata is malformed',
  ),

  /// Model initialization failed: there is nothing for this platform.
  noArtifact(
    25,
    'no_artifact',
    'Model initialization failed: there is nothing for this platform',
  ),

  /// Model initialization failed: the clock of this machine is wrong.
  clock(
    26,
    'clock',
    'Model initialization failed: the clock of this machine is wrong',
  ),

  /// Model initialization failed: the model is not the one that was signed.
  digest(
    30,
    'digest',
    'Model initialization failed: the model is not the one that was signed',
  ),

  /// Model initialization failed: the model contains an unsafe name or archive.
  unsafe(
    31,
    'unsafe',
    'Model initialization failed: the model contains an unsafe name or archive',
  ),

  /// Model initialization failed: the disk is full.
  diskFull(40, 'disk_full', 'Model initialization failed: the disk is full'),

  /// Model initialization failed: the model store cannot be used.
  store(
    41,
    'store',
    'Model initialization failed: the model store cannot be used',
  ),

  /// Model initialization failed: the model store is busy.
  busy(42, 'busy', 'Model initialization failed: the model store is busy'),

  /// No model is active.
  noneActive(43, 'none_active', 'No model is active'),

  /// Model initialization failed: policy does not allow this.
  policy(
    50,
    'policy',
    'Model initialization failed: policy does not allow this',
  ),

  /// The check has findings.
  findings(60, 'findings', 'The check has findings');

  const ModelsecCode(this.value, this.word, this.message);

  /// The number, also the exit code of the command.
  final int value;

  /// The stable name in all languages.
  final String word;

  /// All that an end user is shown: no path, no secret.
  final String message;

  /// The code of a number; [internal] for what is none.
  static ModelsecCode of(int value) =>
      values.firstWhere((code) => code.value == value, orElse: () => internal);
}

/// 1: Model initialization failed: internal error.
final class ModelsecInternalException extends ModelsecException {
  /// With what the library said.
  const ModelsecInternalException(FailureWords words)
    : super(ModelsecCode.internal, words);
}

/// 2: Model initialization failed: the request is not valid.
final class ModelsecUsageException extends ModelsecException {
  /// With what the library said.
  const ModelsecUsageException(FailureWords words)
    : super(ModelsecCode.usage, words);
}

/// 3: Model initialization cancelled.
final class ModelsecCancelledException extends ModelsecException {
  /// With what the library said.
  const ModelsecCancelledException(FailureWords words)
    : super(ModelsecCode.cancelled, words);
}

/// 10: Model initialization failed: the network failed.
final class ModelsecNetworkException extends ModelsecException {
  /// With what the library said.
  const ModelsecNetworkException(FailureWords words)
    : super(ModelsecCode.network, words);
}

/// 11: Model initialization failed: the server could not be authenticated.
final class ModelsecTlsException extends ModelsecException {
  /// With what the library said.
  const ModelsecTlsException(FailureWords words)
    : super(ModelsecCode.tls, words);
}

/// 12: Model initialization failed: the server refused the request.
final class ModelsecHttpStatusException extends ModelsecException {
  /// With what the library said.
  const ModelsecHttpStatusException(FailureWords words)
    : super(ModelsecCode.httpStatus, words);
}

/// 13: Model initialization failed: too many requests.
final class ModelsecRateLimitedException extends ModelsecException {
  /// With what the library said.
  const ModelsecRateLimitedException(FailureWords words)
    : super(ModelsecCode.rateLimited, words);
}

/// 14: Model initialization failed: access was denied.
final class ModelsecUnauthorizedException extends ModelsecException {
  /// With what the library said.
  const ModelsecUnauthorizedException(FailureWords words)
    : super(ModelsecCode.unauthorized, words);
}

/// 20: Model initialization failed: the manifest is not signed by a trusted key.
final class ModelsecSignatureException extends ModelsecException {
  /// With what the library said.
  const ModelsecSignatureException(FailureWords words)
    : super(ModelsecCode.signature, words);
}

/// 21: Model initialization failed: the manifest has expired.
final class ModelsecExpiredException extends ModelsecException {
  /// With what the library said.
  const ModelsecExpiredException(FailureWords words)
    : super(ModelsecCode.expired, words);
}

/// 22: Model initialization failed: an older or withdrawn version was offered.
final class ModelsecRollbackException extends ModelsecException {
  /// With what the library said.
  const ModelsecRollbackException(FailureWords words)
    : super(ModelsecCode.rollback, words);
}

/// 23: Model initialization failed: the manifest is for something else.
final class ModelsecMismatchException extends ModelsecException {
  /// With what the library said.
  const ModelsecMismatchException(FailureWords words)
    : super(ModelsecCode.mismatch, words);
}

/// 24: Model initialization failed: the metadata is malformed.
final class ModelsecMalformedException extends ModelsecException {
  /// With what the library said.
  const ModelsecMalformedException(FailureWords words)
    : super(ModelsecCode.malformed, words);
}

/// 25: Model initialization failed: there is nothing for this platform.
final class ModelsecNoArtifactException extends ModelsecException {
  /// With what the library said.
  const ModelsecNoArtifactException(FailureWords words)
    : super(ModelsecCode.noArtifact, words);
}

/// 26: Model initialization failed: the clock of this machine is wrong.
final class ModelsecClockException extends ModelsecException {
  /// With what the library said.
  const ModelsecClockException(FailureWords words)
    : super(ModelsecCode.clock, words);
}

/// 30: Model initialization failed: the model is not the one that was signed.
final class ModelsecDigestException extends ModelsecException {
  /// With what the library said.
  const ModelsecDigestException(FailureWords words)
    : super(ModelsecCode.digest, words);
}

/// 31: Model initialization failed: the model contains an unsafe name or archive.
final class ModelsecUnsafeException extends ModelsecException {
  /// With what the library said.
  const ModelsecUnsafeException(FailureWords words)
    : super(ModelsecCode.unsafe, words);
}

/// 40: Model initialization failed: the disk is full.
final class ModelsecDiskFullException extends ModelsecException {
  /// With what the library said.
  const ModelsecDiskFullException(FailureWords words)
    : super(ModelsecCode.diskFull, words);
}

/// 41: Model initialization failed: the model store cannot be used.
final class ModelsecStoreException extends ModelsecException {
  /// With what the library said.
  const ModelsecStoreException(FailureWords words)
    : super(ModelsecCode.store, words);
}

/// 42: Model initialization failed: the model store is busy.
final class ModelsecBusyException extends ModelsecException {
  /// With what the library said.
  const ModelsecBusyException(FailureWords words)
    : super(ModelsecCode.busy, words);
}

/// 43: No model is active.
final class ModelsecNoneActiveException extends ModelsecException {
  /// With what the library said.
  const ModelsecNoneActiveException(FailureWords words)
    : super(ModelsecCode.noneActive, words);
}

/// 50: Model initialization failed: policy does not allow this.
final class ModelsecPolicyException extends ModelsecException {
  /// With what the library said.
  const ModelsecPolicyException(FailureWords words)
    : super(ModelsecCode.policy, words);
}

/// 60: The check has findings.
final class ModelsecFindingsException extends ModelsecException {
  /// With what the library said.
  const ModelsecFindingsException(FailureWords words)
    : super(ModelsecCode.findings, words);
}

/// The exception of a code.
ModelsecException exceptionOf(int code, FailureWords words) =>
    switch (ModelsecCode.of(code)) {
      ModelsecCode.usage => ModelsecUsageException(words),
      ModelsecCode.cancelled => ModelsecCancelledException(words),
      ModelsecCode.network => ModelsecNetworkException(words),
      ModelsecCode.tls => ModelsecTlsException(words),
      ModelsecCode.httpStatus => ModelsecHttpStatusException(words),
      ModelsecCode.rateLimited => ModelsecRateLimitedException(words),
      ModelsecCode.unauthorized => ModelsecUnauthorizedException(words),
      ModelsecCode.signature => ModelsecSignatureException(words),
      ModelsecCode.expired => ModelsecExpiredException(words),
      ModelsecCode.rollback => ModelsecRollbackException(words),
      ModelsecCode.mismatch => ModelsecMismatchException(words),
      ModelsecCode.malformed => ModelsecMalformedException(words),
      ModelsecCode.noArtifact => ModelsecNoArtifactException(words),
      ModelsecCode.clock => ModelsecClockException(words),
      ModelsecCode.digest => ModelsecDigestException(words),
      ModelsecCode.unsafe => ModelsecUnsafeException(words),
      ModelsecCode.diskFull => ModelsecDiskFullException(words),
      ModelsecCode.store => ModelsecStoreException(words),
      ModelsecCode.busy => ModelsecBusyException(words),
      ModelsecCode.noneActive => ModelsecNoneActiveException(words),
      ModelsecCode.policy => ModelsecPolicyException(words),
      ModelsecCode.findings => ModelsecFindingsException(words),
      ModelsecCode.ok ||
      ModelsecCode.internal => ModelsecInternalException(words),
    };
