// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:convert';
import 'dart:io';

/// Where the application keeps small settings; `SharedPreferences` fits with three lines.
abstract interface class KeyValueStore {
  /// The value, or null.
  Future<String?> getString(String key);

  /// Sets it.
  Future<void> setString(String key, String value);

  /// Forgets it.
  Future<void> remove(String key);
}

/// The keys that deployed applications read.
abstract final class PackMirrorKeys {
  /// Folder of the active pack.
  static const activeDir = 'local_llm_active_model_dir_v1';

  /// Id of the active pack.
  static const activeId = 'local_llm_active_model_id_v1';

  /// Folder of the pack a rollback returns to.
  static const lastGoodDir = 'local_llm_last_good_model_dir_v1';

  /// Its id.
  static const lastGoodId = 'local_llm_last_good_model_id_v1';

  /// What the manifest of the active pack says, as JSON.
  static const lastManifest = 'local_llm_last_manifest_json_v1';

  /// All of them.
  static const all = [
    activeDir,
    activeId,
    lastGoodDir,
    lastGoodId,
    lastManifest,
  ];
}

/// Writes what differs, so that the mirror is what the store says. The store is the truth; the mirror is only ever derived from it.
Future<void> writeMirror(
  KeyValueStore mirror,
  Map<String, String?> truth,
) async {
  for (final MapEntry(:key, :value) in truth.entries) {
    if (await mirror.getString(key) == value) continue;
    value == null
        ? await mirror.remove(key)
        : await mirror.setString(key, value);
  }
}

/// What the store's own state says of the active pack of a model beyond what the library tells: when it became active, and what its
/// manifest says. For show only; nothing is decided by it but which of several models is shown as active.
Future<({DateTime? activatedAt, String? manifest})> readActivation(
  String store,
  String modelId,
) async {
  const nothing = (activatedAt: null, manifest: null);
  final folder = Directory('$store/.modelsec/state');
  try {
    var newest = -1;
    await for (final entry in folder.list(followLinks: false)) {
      final name = entry.uri.pathSegments.last;
      if (!name.startsWith('$modelId.') || !name.endsWith('.json')) continue;
      final number = int.tryParse(
        name.substring(modelId.length + 1, name.length - 5),
      );
      if (number != null && number > newest) newest = number;
    }
    if (newest < 0) return nothing;
    final state = jsonDecode(
      await File('${folder.path}/$modelId.$newest.json').readAsString(),
    );
    final active = (state as Map<String, Object?>)['active'];
    if (active is! Map<String, Object?>) return nothing;
    return (
      activatedAt: DateTime.tryParse(active['activated_at'].toString()),
      manifest: await _payload(
        '$store/.modelsec/envelopes/${active['envelope']}.json',
      ),
    );
  } on Object {
    return nothing; // removed or replaced while it was read: nothing to show
  }
}

Future<String?> _payload(String file) async {
  final envelope =
      jsonDecode(await File(file).readAsString()) as Map<String, Object?>;
  final payload = envelope['payload_b64'] ?? envelope['payload'];
  return payload is String
      ? utf8.decode(base64.decode(base64.normalize(payload)))
      : null;
}
