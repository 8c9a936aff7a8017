// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// An adapter as one is written over a plugin: here the "system's service" is a function that works off a folder of tasks, and may run in
// another process, while the application is dead.
import 'dart:convert';
import 'dart:io';

import 'package:modelsec/modelsec.dart';

/// Tasks and files in a folder: `<id>.task` is one to be done, `<id>.done` what it brought, `<id>.failed` one that failed.
final class FolderDownloader implements BackgroundDownloader {
  /// In a folder that only this user may read and write: it is made so if it is not there. A [FileSystemException] if others may.
  FolderDownloader(this.folder) {
    // CWE-732: tasks hold addresses and headers, which may be secrets. Windows: a folder of the user's profile is the user's alone.
    if (!folder.existsSync()) {
      folder.createSync(recursive: true);
      if (!Platform.isWindows) {
        Process.runSync('chmod', ['700', folder.path]);
      }
    }
    if (!Platform.isWindows && folder.statSync().mode & 0x3f != 0) {
      throw FileSystemException('others may use this folder', folder.path);
    }
  }

  /// Where they are.
  final Directory folder;

  File _of(String id, String kind) => File('${folder.path}/$id.$kind');

  List<String> _all(String kind) => [
    for (final entry in folder.listSync())
      if (entry.path.endsWith('.$kind'))
        entry.uri.pathSegments.last.replaceAll('.$kind', ''),
  ];

  @override
  Future<void> enqueue(ForeignRange range) async {
    // A service keeps what it needs to ask: address and headers may be secrets, so the folder is the user's alone.
    final draft = _of(range.id, 'draft')
      ..writeAsStringSync(
        jsonEncode({
          'url': '${range.url}',
          'headers': range.headers,
          'size': range.size,
        }),
        flush: true,
      );
    draft.renameSync(_of(range.id, 'task').path);
  }

  @override
  Future<Set<String>> running() async => _all('task').toSet();

  @override
  Future<List<ForeignDelivery>> arrived() async => [
    for (final id in _all('done')) (id: id, path: _of(id, 'done').path),
  ];

  @override
  Future<Map<String, ForeignFailure>> failed() async => {
    for (final id in _all('failed')) id: ForeignFailure.host,
  };

  @override
  Future<void> removed(String id) async {
    for (final kind in const ['done', 'failed']) {
      final file = _of(id, kind);
      if (file.existsSync()) file.deleteSync();
    }
  }

  /// The service's part: does every task once. How many bytes came.
  Future<int> serve(HttpClient web) async {
    var bytes = 0;
    for (final id in _all('task')) {
      final task = jsonDecode(
        _of(id, 'task').readAsStringSync(),
      ) as Map<String, Object?>;
      final request = await web.getUrl(Uri.parse(task['url']! as String));
      // Redirects would take the headers to another origin.
      request.followRedirects = false;
      (task['headers']! as Map<String, Object?>).forEach(
        (name, value) => request.headers.set(name, value! as String),
      );
      final response = await request.close();
      final draft = _of(id, 'draft');
      // CWE-400: no host fills the disk. What is cut is of the wrong size, and more than was asked for is none of ours.
      final size = task['size']! as int;
      var came = 0;
      await response
          .takeWhile((part) => (came += part.length) <= size)
          .pipe(draft.openWrite());
      final status = response.statusCode;
      final good = came == size && (status == 200 || status == 206);
      bytes += draft.lengthSync();
      draft.renameSync(_of(id, good ? 'done' : 'failed').path);
      _of(id, 'task').deleteSync();
    }
    return bytes;
  }
}
