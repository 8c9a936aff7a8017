// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Tells Dart and Flutter which native library belongs to this package. Speaks the hooks' JSON itself, so that the package depends
// on nothing that changes with it. The application chooses in its pubspec.yaml:
//
//   hooks:
//     user_defines:
//       modelsec:
//         library: prebuilt     # default: a released library, by its digest; or
//                  system       # the one that the system's loader finds; or
//                  source       # built here by CMake
//         prebuilt: PATH | URL  # another one than the released, together with …
//         sha256: HEX           # … its digest
//         source: FOLDER        # of modelsec; default: where this package lies
import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:crypto/crypto.dart';

const _asset = 'package:modelsec/src/bindings.dart';

Future<void> main(List<String> arguments) async {
  final config = arguments
      .firstWhere((a) => a.startsWith('--config='))
      .substring('--config='.length);
  final input =
      jsonDecode(await File(config).readAsString()) as Map<String, Object?>;
  try {
    await _Build(input).run();
  } on _Refusal catch (refusal) {
    stderr.writeln('modelsec: ${refusal.why}');
    exitCode = 1;
  }
}

final class _Refusal implements Exception {
  _Refusal(this.why);
  final String why;
}

final class _Build {
  _Build(this.input)
    : config = input['config'] as Map<String, Object?>,
      packageRoot = Directory(input['package_root'] as String);

  final Map<String, Object?> input;
  final Map<String, Object?> config;
  final Directory packageRoot;
  final List<String> dependencies = [];

  Map<String, Object?> get target =>
      (config['extensions'] as Map<String, Object?>)['code_assets']
          as Map<String, Object?>;
  String get os => target['target_os'] as String;
  String get targetName => '${os}_${target['target_architecture']}';
  String get fileName => switch (os) {
    'windows' => 'modelsec.dll',
    'macos' || 'ios' => 'libmodelsec.dylib',
    _ => 'libmodelsec.so',
  };

  Map<String, Object?>? get _pubspec =>
      (input['user_defines'] as Map<String, Object?>?)?['workspace_pubspec']
          as Map<String, Object?>?;

  String? define(String name) =>
      (_pubspec?['defines'] as Map<String, Object?>?)?[name]?.toString();

  /// A path in the application's pubspec is relative to it.
  String path(String name) {
    final base = _pubspec?['base_path'] as String?;
    return base == null
        ? name
        : Uri.file(base).resolveUri(Uri.file(name)).toFilePath();
  }

  Future<void> run() async {
    final wanted = config['build_asset_types'] as List<Object?>? ?? [];
    final assets = <Object>[
      if (wanted.contains('code_assets/code'))
        {'type': 'code_assets/code', 'encoding': await _library()},
    ];
    final now = DateTime.now().toString().split('.').first;
    await File(input['out_file'] as String).writeAsString(
      jsonEncode({
        'assets': assets,
        'dependencies': dependencies,
        'status': 'success',
        'timestamp': '$now.000',
      }),
    );
  }

  Future<Map<String, Object>> _library() async =>
      switch (define('library') ?? 'prebuilt') {
        'system' => {
          'id': _asset,
          'link_mode': {
            'type': 'dynamic_loading_system',
            'uri': switch (os) {
              'linux' => 'libmodelsec.so.0',
              'android' => 'libmodelsec.so',
              _ => fileName,
            },
          },
        },
        'source' => _bundled(await _build()),
        'prebuilt' => _bundled(await _prebuilt()),
        final other => throw _Refusal(
          'library: $other; it is prebuilt, system or source',
        ),
      };

  Map<String, Object> _bundled(File library) => {
    'id': _asset,
    'link_mode': {'type': 'dynamic_loading_bundle'},
    'file': library.absolute.path,
  };

  /// Only bytes with the digest that stands in this package, or in the application's pubspec, are ever loaded.
  Future<File> _prebuilt() async {
    var from = define('prebuilt');
    var digest = define('sha256');
    if (from == null || digest == null) {
      if (from != null || digest != null) {
        throw _Refusal('prebuilt and sha256 go together');
      }
      final table = File.fromUri(packageRoot.uri.resolve('hook/prebuilt.json'));
      dependencies.add(table.path);
      final known = jsonDecode(await table.readAsString());
      final libraries = (known as Map<String, Object?>)['libraries'];
      final entry = (libraries as Map<String, Object?>)[targetName];
      if (entry is! Map<String, Object?>) {
        throw _Refusal(
          'no library was released for $targetName: set library to source or '
          'system, or prebuilt and sha256 (see docs/dart.md)',
        );
      }
      from = entry['url'] as String;
      digest = entry['sha256'] as String;
    }
    digest = digest.toLowerCase();
    final shared = Directory(input['out_dir_shared'] as String);
    final kept = File('${shared.path}/$targetName-$digest/$fileName');
    if (await kept.exists() && await _digestOf(kept) == digest) return kept;
    final bytes = from.startsWith('https://')
        ? await _download(Uri.parse(from))
        : await _read(from);
    if (sha256.convert(bytes).toString() != digest) {
      throw _Refusal('the library has not the digest that was expected');
    }
    await kept.parent.create(recursive: true);
    final temporary = File('${kept.path}.$pid');
    await temporary.writeAsBytes(bytes, flush: true);
    return temporary.rename(kept.path);
  }

  Future<List<int>> _read(String name) async {
    if (name.startsWith('http:')) throw _Refusal('only https');
    final file = File(path(name));
    if (!await file.exists()) throw _Refusal('$name is not there');
    dependencies.add(file.path);
    return file.readAsBytes();
  }

  Future<List<int>> _download(Uri url) async {
    final client = HttpClient()
      ..connectionTimeout = const Duration(seconds: 20);
    try {
      final response = await (await client.getUrl(url)).close();
      if (response.statusCode != 200 ||
          response.redirects.any((r) => r.location.isScheme('http'))) {
        throw _Refusal('the library cannot be had: ${response.statusCode}');
      }
      final bytes = BytesBuilder(copy: false);
      await for (final part in response.timeout(const Duration(seconds: 60))) {
        bytes.add(part);
        if (bytes.length > 256 << 20) throw _Refusal('the library is too long');
      }
      return bytes.takeBytes();
    } on IOException {
      throw _Refusal('the library cannot be downloaded');
    } finally {
      client.close(force: true);
    }
  }

  static Future<String> _digestOf(File file) async =>
      (await sha256.bind(file.openRead()).first).toString();

  Future<File> _build() async {
    final given = define('source');
    final source = given == null
        ? Directory.fromUri(packageRoot.uri.resolve('../../'))
        : Directory(path(given));
    if (!await File('${source.path}/bindings/c/CMakeLists.txt').exists()) {
      throw _Refusal('source: the folder of modelsec is expected');
    }
    if (os != Platform.operatingSystem) {
      throw _Refusal('source: cannot build for $os here');
    }
    final folder = '${input['out_dir_shared']}/source-$targetName';
    await _do('cmake', [
      '-S', source.path, '-B', folder, //
      '-DCMAKE_BUILD_TYPE=Release', '-DMODELSEC_BUILD_TESTS=OFF',
    ]);
    await _do('cmake', ['--build', folder, '--target', 'modelsec_c']);
    for (final part in ['include', 'bindings/c', 'src']) {
      await for (final entry in Directory(
        '${source.path}/$part',
      ).list(recursive: true)) {
        if (entry is File) dependencies.add(entry.absolute.path);
      }
    }
    final built = File('$folder/lib/$fileName');
    return File(await built.resolveSymbolicLinks());
  }

  Future<void> _do(String program, List<String> arguments) async {
    final done = await Process.run(program, arguments);
    if (done.exitCode != 0) {
      throw _Refusal('$program failed:\n${done.stdout}\n${done.stderr}');
    }
  }
}
