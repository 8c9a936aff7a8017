// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:io';

import 'package:flutter/material.dart';
import 'package:modelsec/modelsec.dart';

import 'model_page.dart';

const _manifest = String.fromEnvironment('MANIFEST_URL');
const _pin = String.fromEnvironment('PIN');
const _apikey = String.fromEnvironment('APIKEY');

void main() {
  final at = _pin.indexOf('=');
  final home = Platform.environment['HOME'] ?? Directory.systemTemp.path;
  final packs = LocalModelPackManager(
    PackManagerOptions(
      root: '$home/.modelsec_example',
      manifestUrl: Uri.parse(_manifest),
      modelIds: const {'llama8b': 'llama3_1_8b_instruct'},
      platform: Platform.operatingSystem,
      artifactPlatforms: const ['macos_coreml_zip', 'macos_intel_gguf'],
      pins: at < 0 ? {} : {_pin.substring(0, at): _pin.substring(at + 1)},
      headers: {if (_apikey.isNotEmpty) 'apikey': _apikey},
    ),
  );
  runApp(
    MaterialApp(
      title: 'Local model',
      home: ModelPage(
        tier: 'llama8b',
        status: packs.getStatus,
        install: packs.downloadAndActivateTrusted,
        rollback: packs.rollbackToLastGoodIfPresent,
      ),
    ),
  );
}
