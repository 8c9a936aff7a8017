// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:convert';

/// A key that may sign manifests.
final class PinnedKey {
  /// `key` is the base64 of the 32 bytes of an Ed25519 public key.
  const PinnedKey(
    this.keyId,
    this.key, {
    this.notBefore,
    this.notAfter,
    this.revoked = false,
  });

  /// Its id.
  final String keyId;

  /// The public key.
  final String key;

  /// It counts from then on.
  final DateTime? notBefore;

  /// It counts until then.
  final DateTime? notAfter;

  /// It counts for nothing.
  final bool revoked;

  Map<String, Object> _json() => {
    'key_id': keyId,
    'ed25519_b64': key,
    if (notBefore != null) 'not_before': _time(notBefore!),
    if (notAfter != null) 'not_after': _time(notAfter!),
    if (revoked) 'revoked': true,
  };

  // RFC 3339, whole seconds.
  static String _time(DateTime t) =>
      '${t.toUtc().toIso8601String().substring(0, 19)}Z';
}

/// Who may sign.
sealed class Trust {
  const Trust();
}

/// Raw public keys that the application ships.
final class Pins extends Trust {
  /// So many of these keys must have signed.
  const Pins(this.keys, {this.threshold = 1});

  /// From what the application calls its keys to their base64: `{'v1': '…44 characters…'}`.
  Pins.byKeyId(Map<String, String> keys, {this.threshold = 1})
    : keys = [for (final e in keys.entries) PinnedKey(e.key, e.value)];

  /// Which keys.
  final List<PinnedKey> keys;

  /// How many of them.
  final int threshold;

  /// As the library and the command read it.
  String toJson() => jsonEncode({
    'keys': [for (final key in keys) key._json()],
    'threshold': threshold,
  });
}

/// A TUF 1.0 root that the application ships. The newest of its chain is found at every attempt, and its `targets` role signs
/// manifests: keys can be rotated, and lost, without a new application.
final class PinnedRoot extends Trust {
  /// `root` is the root.json, byte by byte; `url` (https) the folder that holds its successors.
  const PinnedRoot(this.root, this.url, {this.forbiddenEnds = false});

  /// The root.json.
  final List<int> root;

  /// Its successors are `<url>/<N>.root.json`.
  final Uri url;

  /// For servers that answer 403 where a file is missing.
  final bool forbiddenEnds;
}

/// A target of a TUF 1.0 repository, in place of a signed manifest: the request then has neither [ModelRequest.manifestUrl] nor
/// [ModelRequest.manifestFile].
final class TufTarget extends Trust {
  /// `root` is a root.json that the application ships, byte by byte; `metadataUrl` (https) the folder of the metadata; `urls` (https)
  /// the folders of targets, best first: none is `targets/` beside the metadata, then below.
  const TufTarget(
    this.root,
    this.metadataUrl,
    this.name, {
    this.urls = const [],
  });

  /// The root.json.
  final List<int> root;

  /// Holds timestamp.json.
  final Uri metadataUrl;

  /// The target's name: a relative path.
  final String name;

  /// Where its bytes are.
  final List<Uri> urls;
}

/// Who may have signed a model (OpenSSF Model Signing), in one of three ways.
sealed class ModelSigner {
  const ModelSigner({this.trustedRoot});

  /// Sigstore's trusted_root.json, byte by byte: whose logs and timestamps count.
  final List<int>? trustedRoot;
}

/// Any one of these public keys, in PEM. With a trusted root their signatures must be logged.
final class ModelKeys extends ModelSigner {
  const ModelKeys(this.keys, {super.trustedRoot});

  /// ECDSA or Ed25519, in PEM.
  final List<String> keys;
}

/// A CA. With a trusted root timestamps count: certificates must have been valid then, rather than now.
final class ModelAuthority extends ModelSigner {
  const ModelAuthority(this.certificates, {super.trustedRoot});

  /// Self-signed ones are trusted, the others help; in one PEM text.
  final String certificates;
}

/// Keyless: any one of these identities.
final class ModelIdentities extends ModelSigner {
  const ModelIdentities(
    this.identities, {
    required List<int> super.trustedRoot,
    this.patterns = const [],
  });

  /// URIs or e-mail addresses, each with the URL of who vouched for it.
  final List<(String identity, String issuer)> identities;

  /// The same, where `*` in an identity stands for any text; issuers are compared exactly.
  final List<(String pattern, String issuer)> patterns;
}

/// The signature of a model in place of a manifest: it lies at [ModelRequest.manifestUrl] or [ModelRequest.manifestFile].
final class ModelSignature extends Trust {
  /// `bases` are the folders with the files, best first: https, `hf://ORG/REPO@COMMIT/`, `oci://HOST/REPO@sha256:HEX`.
  const ModelSignature(
    this.signer,
    this.bases, {
    this.maxAge,
    this.requireOrder = false,
  });

  /// Who may have signed it.
  final ModelSigner signer;

  /// Where its files are.
  final List<String> bases;

  /// Refuse a signature that is older, or undated. Counted in whole seconds, a begun one is whole; without any time it is an
  /// [ArgumentError].
  final Duration? maxAge;

  /// Refuse a signature without a trusted time, in place of a warning.
  final bool requireOrder;
}

/// The envelope that a manifest comes in.
enum EnvelopeFormat {
  /// DSSE 1.0, the default.
  dsse,

  /// What deployed Edge Functions serve: `{"key_id", "payload_b64", "sig_b64"}`.
  pack,
}

/// Which model to get, from where, and whom to believe.
final class ModelRequest {
  /// Exactly one of [manifestUrl] (https) and [manifestFile] is given, but with a [TufTarget].
  const ModelRequest({
    this.modelId,
    this.manifestUrl,
    this.manifestFile,
    this.post,
    this.headers = const {},
    this.trust,
    this.format = EnvelopeFormat.dsse,
    this.tier,
    this.platforms = const [],
    this.minSequence = 0,
    this.offline = false,
    this.dryRun = false,
    this.deadline,
    this.traceParent,
  });

  /// The model expected; may be absent in DSSE only.
  final String? modelId;

  /// Where the signed manifest is.
  final Uri? manifestUrl;

  /// A local file with it.
  final String? manifestFile;

  /// JSON to POST, verbatim, instead of GET.
  final String? post;

  /// Sent to the manifest's origin only.
  final Map<String, String> headers;

  /// Who may sign.
  final Trust? trust;

  /// The envelope expected.
  final EnvelopeFormat format;

  /// The tier asked for; null: any.
  final String? tier;

  /// In order of preference; empty: the only one there is.
  final List<String> platforms;

  /// Refuse what is older: all that protects a fresh store against replay.
  final int minSequence;

  /// Ask nobody: what is active, or [ModelsecNoneActiveException].
  final bool offline;

  /// Everything up to the first artifact byte; changes nothing.
  final bool dryRun;

  /// For the whole attempt; null: none. What is over at once leaves no time at all.
  final Duration? deadline;

  /// W3C Trace Context, for the audit log and the manifest's origin alone.
  final String? traceParent;
}
