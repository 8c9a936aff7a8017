// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'codes.dart';

/// What the library says of a failure, in the two channels: for everybody, and for the owner of the process.
typedef FailureWords = ({String reason, String hint, String detail});

/// Why something failed. There is one subclass for each [ModelsecCode], so that `on ModelsecExpiredException` works.
abstract class ModelsecException implements Exception {
  /// With the words of the library.
  const ModelsecException(this.code, this._words);

  /// The number and the name.
  final ModelsecCode code;

  final FailureWords _words;

  /// Generic, fit for end users.
  String get message => code.message;

  /// A stable word that says which case of [code] it was: `host_mismatch`, `stall`, …
  String get reason => _words.reason;

  /// What can be done about it.
  String get hint => _words.hint;

  /// For the owner of the process only: may hold local paths and text of the remote side. Never in [toString].
  String get detail => _words.detail;

  @override
  String toString() => '$message [${code.value} ${code.word}: $reason]; $hint';
}
