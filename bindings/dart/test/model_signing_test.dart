// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:convert';
import 'dart:io';

import 'package:modelsec/modelsec.dart';
import 'package:test/test.dart';

Matcher _throws<T extends ModelsecException>(String reason) =>
    throwsA(isA<T>().having((e) => e.reason, 'reason', reason));

/// Private and public half, in PEM.
(String, String) _newKey(String folder, String name) {
  String openssl(List<String> arguments) {
    final r = Process.runSync('openssl', arguments);
    expect(r.exitCode, 0, reason: '${r.stderr}');
    return r.stdout as String;
  }

  final file = '$folder/$name.pem';
  openssl([
    ...['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-out', file],
  ]);
  return (
    File(file).readAsStringSync(),
    openssl(['pkey', '-in', file, '-pubout']),
  );
}

void main() {
  late Directory place;
  late String model;
  final vectors =
      '${Platform.environment['MODELSEC_SOURCE']!}/tests/vectors/signed-model';
  setUp(() {
    place = Directory.systemTemp.createTempSync('model-signing');
    addTearDown(() => place.deleteSync(recursive: true));
    model = '${place.path}/model';
    Directory('$model/weights').createSync(recursive: true);
    File('$model/config.json').writeAsStringSync('{"a": 1}\n');
    File('$model/empty.txt').createSync();
    File('$model/weights/part-1.bin').writeAsStringSync('1' * 300000);
  });

  test('what was signed is verified, and what was changed is not', () async {
    final (private, public) = _newKey(place.path, 'key');
    final (_, other) = _newKey(place.path, 'other');
    final bundle = await signModel(model, private, ignored: ['model.sig']);
    File('$model/model.sig').writeAsBytesSync(bundle);
    expect(jsonDecode(utf8.decode(bundle)), isA<Map<String, Object?>>());
    final by = ModelKeys([public]);
    final report = await verifyModel(bundle, model, by);
    expect((report.files, report.bytes), (3, 300009));
    expect(report.modelName, 'model');
    expect((report.identity, report.issuer, report.trustedTime), ('', '', ''));
    await expectLater(
      verifyModel(bundle, model, ModelKeys([other])),
      throwsA(isA<ModelsecSignatureException>()),
    );
    expect(
      (await verifyModel(bundle, model, ModelKeys([other, public]))).files,
      3,
    );
    File('$model/more.txt').writeAsStringSync('x');
    await expectLater(
      verifyModel(bundle, model, by),
      _throws<ModelsecDigestException>('file_unsigned'),
    );
    await verifyModel(bundle, model, by, ignored: ['more.txt']);
    await verifyModel(bundle, model, by, ignoreUnsigned: true);
    File('$model/config.json').writeAsStringSync('{"a": 2}\n');
    await expectLater(
      verifyModel(bundle, model, by, ignoreUnsigned: true),
      _throws<ModelsecDigestException>('file_altered'),
    );
    await expectLater(
      verifyModel(utf8.encode('{}'), model, by),
      throwsA(isA<ModelsecMalformedException>()),
    );
    await expectLater(
      verifyModel(bundle, model, const ModelKeys([])),
      throwsA(isA<ModelsecUsageException>()),
    );
    await expectLater(
      signModel(model, public),
      throwsA(isA<ModelsecUsageException>()),
    );
  });

  test('an identity and a CA are verified offline', () async {
    final root = File('$vectors/trusted_root.json').readAsBytesSync();
    const identity = 'https://ci.example/model.yml@refs/heads/main';
    const issuer = 'https://token.example';
    final bundle = File('$vectors/a_1.json').readAsBytesSync();
    final report = await verifyModel(
      bundle,
      model,
      ModelIdentities([(identity, issuer)], trustedRoot: root),
    );
    expect((report.identity, report.issuer), (identity, issuer));
    expect(report.trustedTime, '2026-02-01T12:00:00Z');
    await expectLater(
      verifyModel(
        bundle,
        model,
        ModelIdentities([
          (identity, 'https://other.example'),
        ], trustedRoot: root),
      ),
      _throws<ModelsecSignatureException>('identity_mismatch'),
    );
    const pattern = 'https://ci.example/*@refs/heads/main';
    final byPattern = ModelIdentities(
      const [],
      patterns: const [(pattern, issuer)],
      trustedRoot: root,
    );
    expect((await verifyModel(bundle, model, byPattern)).identity, identity);
    await expectLater(
      verifyModel(
        bundle,
        model,
        ModelIdentities(const [(pattern, issuer)], trustedRoot: root),
      ),
      _throws<ModelsecSignatureException>('identity_mismatch'),
    );
    final authority = ModelAuthority(
      File('$vectors/ca.pem').readAsStringSync(),
      trustedRoot: root,
    );
    final stamped = File('$vectors/ca_stamped.json').readAsBytesSync();
    expect((await verifyModel(stamped, model, authority)).files, 3);
    await expectLater(
      verifyModel(bundle, model, authority),
      _throws<ModelsecSignatureException>('chain_invalid'),
    );
  });
}
