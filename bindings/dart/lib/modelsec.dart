// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
/// Fetches signed model packs over a hostile network, verifies them and makes them active.
library;

export 'src/audit.dart' hide auditOf;
export 'src/cancellation.dart' show CancellationToken;
export 'src/client.dart';
export 'src/codes.dart' hide exceptionOf;
export 'src/exception.dart' show ModelsecException;
export 'src/foreign_transfer.dart';
export 'src/model.dart';
export 'src/model_signing.dart';
export 'src/open_pack.dart';
export 'src/pack_manager.dart';
export 'src/pack_mirror.dart' show KeyValueStore, PackMirrorKeys;
export 'src/provisioning.dart';
export 'src/request.dart';
