// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';
import 'dart:convert';
import 'dart:ffi';
import 'dart:io';

import 'package:modelsec/modelsec.dart';
import 'package:modelsec/src/convert.dart' show wholeSecondsOf;
import 'package:test/test.dart';

import 'support/origin.dart';

Matcher throwsCode<T extends ModelsecException>(int code, String reason) =>
    throwsA(
      isA<T>()
          .having((e) => e.code.value, 'code', code)
          .having((e) => e.reason, 'reason', reason)
          .having((e) => '$e', 'text', isNot(contains('/tmp'))),
    );

void main() {
  test('a model is fetched, verified and active; the second time nothing is asked for', () async {
    final world = await World.make();
    final published = await world.origin.publish({'size': 3000000});
    final client = world.client();
    expect(client.status(), isEmpty);
    final events = <ModelEvent>[];
    final all = <ModelEvent>[];
    client.events.listen(all.add);
    final model = await client.ensure(world.request(), onEvent: events.add);
    expect(model.modelId, 'demo');
    expect(model.version, '1.0.0');
    expect(model.alreadyActive, isFalse);
    expect(model.bytesFetched, 3000000);
    expect(File('${model.path}/model.bin').lengthSync(), 3000000);
    expect(events.where((e) => e.kind == ModelEventKind.done), hasLength(1));
    expect(events.last.kind, ModelEventKind.done);
    expectWholeProgress([
      for (final e in events)
        if (e.kind == ModelEventKind.progress) (e.bytes, e.total),
    ]);
    await pumpEventQueue();
    expect(all, hasLength(events.length));

    final again = await client.ensure(world.request());
    expect(again.alreadyActive, isTrue);
    final path = published['artifact_path']! as String;
    final asked = (await world.origin.requests(path)).length;
    expect(asked, lessThanOrEqualTo(8));
    await client.ensure(world.request());
    expect(await world.origin.requests(path), hasLength(asked));

    final status = client.status().single;
    expect(status.active!.sha256, published['sha256']);
    expect(status.active!.path, model.path);
    expect(status.lastGood, isNull);
    expect((await client.verify('demo')).version, '1.0.0');
  });

  test(
    'what was tampered with is refused, and the active model stays',
    () async {
      final world = await World.make();
      final client = world.client();
      await world.origin.publish({'text': 'good'});
      await client.fetch(world.request());
      Future<Model> next(Map<String, Object?> how) async {
        await world.origin.publish({'sequence': 2, 'version': '2.0.0', ...how});
        return client.ensure(world.request());
      }

      await expectLater(
        next({'tamper': 'artifact'}),
        throwsCode<ModelsecDigestException>(30, 'digest_mismatch'),
      );
      await expectLater(
        next({'tamper': 'signature'}),
        throwsCode<ModelsecSignatureException>(20, 'bad_signature'),
      );
      await expectLater(
        next({'tamper': 'payload'}),
        throwsA(isA<ModelsecException>()),
      );
      await expectLater(
        next({'expires_in': -60}),
        throwsCode<ModelsecExpiredException>(21, 'manifest_expired'),
      );
      await expectLater(
        next({'sequence': 3, 'issued_in': 3600}),
        throwsCode<ModelsecClockException>(26, 'issued_in_future'),
      );
      await expectLater(
        next({'model': 'other'}),
        throwsCode<ModelsecMismatchException>(23, 'model_mismatch'),
      );
      expect(client.status().single.active!.version, '1.0.0');
      expect((await client.verify('demo')).version, '1.0.0');
    },
  );

  test('an older manifest is refused', () async {
    final world = await World.make();
    final client = world.client();
    await world.origin.publish({'sequence': 5, 'text': 'five'});
    await client.fetch(world.request());
    await world.origin.publish({'sequence': 4, 'text': 'four'});
    await expectLater(
      client.fetch(world.request()),
      throwsCode<ModelsecRollbackException>(22, 'older_sequence'),
    );
  });

  test('ensure waits for a manifest if it is told never to fall back, and a store is marked for backups', () async {
    final world = await World.make();
    await world.origin.publish();
    final marked = world.client(cacheTag: true);
    await marked.fetch(world.request());
    expect(File('${world.store}/CACHEDIR.TAG').existsSync(), isTrue);
    await world.origin.order('fail', {'path': '/manifest', 'delay_ms': 1500});
    final patient = world.client(fallbackAfter: null);
    expect((await patient.ensure(world.request())).stale, isFalse);
    final hasty = world.client(
      fallbackAfter: const Duration(milliseconds: 200),
    );
    expect((await hasty.ensure(world.request())).stale, isTrue);
  });

  test('without a network, what is active is good enough for ensure, not for fetch', () async {
    final world = await World.make();
    final client = world.client();
    await world.origin.publish();
    await client.fetch(world.request());
    await world.origin.order('fail', {'path': '/manifest', 'status': 503});
    final request = world.request(deadline: const Duration(seconds: 2));
    final model = await client.ensure(request);
    expect(model.stale, isTrue);
    await expectLater(
      client.fetch(request),
      throwsA(
        isA<ModelsecException>().having(
          (e) => e.code.value,
          'code',
          inInclusiveRange(10, 13),
        ),
      ),
    );
  });

  test(
    'a cancelled download says so once, and is resumed where it was',
    () async {
      final world = await World.make();
      const size = 24 << 20;
      await world.origin.publish({'size': size});
      final slow = world.client(limitRate: 12 << 20);
      final token = CancellationToken();
      final events = <ModelEvent>[];
      await expectLater(
        slow.fetch(
          world.request(),
          token: token,
          onEvent: (event) {
            events.add(event);
            if (event.kind == ModelEventKind.progress &&
                event.bytes > 6 << 20) {
              token.cancel();
            }
          },
        ),
        throwsCode<ModelsecCancelledException>(3, 'cancelled'),
      );
      expect(events.where((e) => e.kind == ModelEventKind.done), hasLength(1));
      expect(slow.status().where((s) => s.active != null), isEmpty);
      expect(slow.status().single.partialBytes, greaterThan(1 << 20));
      final model = await world.client().fetch(world.request());
      expect(model.bytesFetched, lessThan(size - (1 << 20)));
      expect(File('${model.path}/model.bin').lengthSync(), size);
    },
  );

  test('a token that was cancelled before ends an operation at once', () async {
    final world = await World.make();
    await world.origin.publish();
    final token = CancellationToken()..cancel();
    await expectLater(
      world.client().fetch(world.request(), token: token),
      throwsA(isA<ModelsecCancelledException>()),
    );
  });

  test('a paused download stands still, and goes on', () async {
    final world = await World.make();
    await world.origin.publish({'size': 8 << 20});
    final client = world.client(limitRate: 8 << 20);
    final token = CancellationToken();
    final begun = Completer<void>();
    var bytes = 0;
    final model = client.fetch(
      world.request(),
      token: token,
      onEvent: (event) {
        if (event.kind != ModelEventKind.progress) return;
        bytes = event.bytes;
        if (bytes > 1 << 20 && !begun.isCompleted) {
          token.pause();
          begun.complete();
        }
      },
    );
    await begun.future;
    await Future<void>.delayed(const Duration(milliseconds: 400));
    final then = bytes;
    await Future<void>.delayed(const Duration(milliseconds: 600));
    expect(bytes, then);
    expect(bytes, lessThan(8 << 20));
    token.resume();
    expect((await model).version, '1.0.0');
  });

  test('the isolate goes on while a model comes', () async {
    final world = await World.make();
    await world.origin.publish({'size': 6 << 20});
    var ticks = 0;
    final timer = Timer.periodic(
      const Duration(milliseconds: 20),
      (_) => ++ticks,
    );
    await world.client(limitRate: 6 << 20).fetch(world.request());
    timer.cancel();
    expect(ticks, greaterThan(5));
  });

  test('rollback returns to the last good pack, and the rejected one is not installed again', () async {
    final world = await World.make();
    final client = world.client();
    await world.origin.publish({'text': 'one'});
    await client.fetch(world.request());
    await expectLater(
      client.rollback('demo'),
      throwsCode<ModelsecNoneActiveException>(43, 'no_last_good'),
    );
    await world.origin.publish({
      'sequence': 2,
      'version': '2.0.0',
      'text': 'two',
    });
    await client.fetch(world.request());
    expect(client.status().single.lastGood!.version, '1.0.0');
    final back = await client.rollback('demo');
    expect(back.version, '1.0.0');
    expect(client.status().single.rejected.single.version, '2.0.0');
    await expectLater(
      client.fetch(world.request()),
      throwsCode<ModelsecRollbackException>(22, 'rejected'),
    );
  });

  test('an open pack stays readable when another takes its place', () async {
    final world = await World.make();
    final client = world.client();
    await expectLater(
      client.open('demo'),
      throwsA(isA<ModelsecNoneActiveException>()),
    );
    for (var i = 1; i <= 3; ++i) {
      await world.origin.publish({
        'sequence': i,
        'version': '$i.0.0',
        'text': 'pack $i',
      });
      await client.fetch(world.request());
      if (i != 1) continue;
      final pack = await client.open('demo');
      // What keeps the pack for as long as a call to its file takes.
      expect(pack.files.single, isA<Finalizable>());
      addTearDown(pack.close);
      final file = pack.files.single;
      expect((pack.version, pack.sequence), ('1.0.0', 1));
      expect((file.name, file.size), ('model.bin', 6));
      expect(file.sha256, pack.sha256);
      addTearDown(() {
        pack.close();
        expect(() => pack.path, throwsStateError);
      });
      addTearDown(
        () => expect(
          File('/proc/self/fd/${file.descriptor}').readAsStringSync(),
          'pack 1',
        ),
      );
    }
    expect(
      (await client.gc()).bytesRemoved,
      0,
    ); // 1 is open, 2 is last good, 3 is active
  });

  test('headers go to their origin, and can be renewed', () async {
    final world = await World.make();
    await world.origin.publish();
    final client = world.client()
      ..setHeaders(world.origin.base, {'Authorization': 'Bearer t1'});
    await client.fetch(world.request());
    final seen = await world.origin.requests('/manifest');
    expect(
      (seen.last['headers']! as Map<String, Object?>)['authorization'],
      'Bearer t1',
    );
    client
      ..setHeaders(world.origin.base, {'Authorization': 'Bearer t2'})
      ..setHeaders('https://elsewhere.example', {'Authorization': 'Bearer no'});
    await client.fetch(world.request());
    final renewed = await world.origin.requests('/manifest');
    expect(
      (renewed.last['headers']! as Map<String, Object?>)['authorization'],
      'Bearer t2',
    );
  });

  test('a pinned root says who may sign', () async {
    final world = await World.make();
    final root = await world.origin.order('root', {'targets': 4});
    await world.origin.publish({'signed_by': 4, 'text': 'by the root'});
    ModelRequest by(String root, String url) => ModelRequest(
      modelId: 'demo',
      manifestUrl: world.origin.manifest,
      trust: PinnedRoot(utf8.encode(root), Uri.parse(url)),
    );
    final text = root['root']! as String;
    final url = root['root_url']! as String;
    final client = world.client();
    expect((await client.fetch(by(text, url))).version, '1.0.0');
    await world.origin.publish({'sequence': 2, 'text': 'by another'});
    await expectLater(
      client.fetch(by(text, url)),
      throwsA(isA<ModelsecSignatureException>()),
    );
    await expectLater(
      client.fetch(by('{}', url)),
      throwsA(isA<ModelsecMalformedException>()),
    );
  });

  test('a TUF target takes the place of a manifest', () async {
    final world = await World.make();
    final made = await world.origin.order('tuf', {'text': 'by a repository'});
    final model = await world.client().fetch(
      ModelRequest(
        modelId: 'demo',
        trust: TufTarget(
          utf8.encode(made['root']! as String),
          Uri.parse(made['metadata_url']! as String),
          made['target']! as String,
        ),
      ),
    );
    expect(model.sha256, made['sha256']);
  });

  test('the signature of a model takes the place of a manifest', () async {
    final world = await World.make();
    final vectors =
        '${Platform.environment['MODELSEC_SOURCE']!}/tests/vectors/signed-model';
    final files = {
      'config.json': '{"a": 1}\n',
      'empty.txt': '',
      'weights/part-1.bin': '1' * 300000,
    };
    for (final MapEntry(:key, :value) in files.entries) {
      await world.origin.order('serve', {'path': '/files/$key', 'text': value});
    }
    ModelRequest by(
      ModelSigner signer, {
      bool requireOrder = false,
      Duration? maxAge,
      String bundle = 'key.json',
    }) => ModelRequest(
      modelId: 'demo',
      manifestFile: '$vectors/$bundle',
      trust: ModelSignature(
        signer,
        ['${world.origin.base}/files/'],
        requireOrder: requireOrder,
        maxAge: maxAge,
      ),
    );
    final key = ModelKeys([File('$vectors/key.pub').readAsStringSync()]);
    await expectLater(
      world.client().fetch(by(key, requireOrder: true)),
      throwsCode<ModelsecRollbackException>(22, 'unordered'),
    );
    for (final age in [Duration.zero, const Duration(seconds: -1)]) {
      await expectLater(
        () async => world.client().fetch(by(key, maxAge: age)),
        throwsArgumentError,
      );
    }
    // Undated, and dated long ago; less than a second is no wish for any age.
    final logged = ModelKeys([
      File('$vectors/key.pub').readAsStringSync(),
    ], trustedRoot: File('$vectors/trusted_root.json').readAsBytesSync());
    for (final old in [
      by(key, maxAge: const Duration(days: 36500)),
      by(
        logged,
        maxAge: const Duration(milliseconds: 250),
        bundle: 'key_logged.json',
      ),
    ]) {
      await expectLater(
        world.client().fetch(old),
        throwsCode<ModelsecExpiredException>(21, 'signature_too_old'),
      );
    }
    await expectLater(
      world.client(maxModelBytes: 300000).fetch(by(key)),
      throwsCode<ModelsecPolicyException>(50, 'model_too_large'),
    );
    final model = await world.client().fetch(by(key));
    for (final MapEntry(:key, :value) in files.entries) {
      expect(File('${model.path}/$key').readAsStringSync(), value);
    }
    await expectLater(
      world.client().fetch(
        by(ModelAuthority(File('$vectors/ca.pem').readAsStringSync())),
      ),
      throwsCode<ModelsecSignatureException>(20, 'unknown_key'),
    );
  });

  test('a proxy is used, and blamed when it is dead', () async {
    final world = await World.make();
    await world.origin.publish();
    ModelsecClient through({String? noProxy}) {
      final made = ModelsecClient(
        store: world.store,
        caFile: world.origin.ca,
        proxy: 'http://user:planted-secret@127.0.0.1:9',
        noProxy: noProxy,
        retries: 1,
      );
      addTearDown(made.close);
      return made;
    }

    await expectLater(
      through().fetch(world.request()),
      throwsA(
        isA<ModelsecNetworkException>()
            .having((e) => e.reason, 'reason', 'proxy_failed')
            .having((e) => '$e', 'text', isNot(contains('planted'))),
      ),
    );
    await through(noProxy: '127.0.0.1').fetch(world.request());
  });

  test(
    'policy: hosts that are not on the list, devices that are too small',
    () async {
      final world = await World.make();
      await world.origin.publish({'min_ram_mb': 4096});
      ModelsecClient like({
        List<String> hosts = const [],
        ({int ramMb, int freeDiskMb})? device,
      }) {
        final made = ModelsecClient(
          store: world.store,
          caFile: world.origin.ca,
          allowedHosts: hosts,
          device: device,
        );
        addTearDown(made.close);
        return made;
      }

      await expectLater(
        like(hosts: ['models.example']).fetch(world.request()),
        throwsCode<ModelsecPolicyException>(50, 'host_not_allowed'),
      );
      await expectLater(
        like(device: (ramMb: 1024, freeDiskMb: 100000)).fetch(world.request()),
        throwsCode<ModelsecPolicyException>(50, 'min_ram'),
      );
      final client = like(
        hosts: ['127.0.0.1'],
        device: (ramMb: 8192, freeDiskMb: 100000),
      );
      expect((await client.fetch(world.request())).version, '1.0.0');
    },
  );

  test('where fs-verity cannot be had, a model is active without unless it is required', () async {
    final world = await World.make();
    await world.origin.publish({});
    final wanted = world.client(fsVerity: FsVerity.wanted);
    final warnings = <String?>[];
    await wanted.fetch(
      world.request(),
      onEvent: (e) =>
          e.kind == ModelEventKind.warning ? warnings.add(e.reason) : null,
    );
    // As this kernel and disk have it.
    final sealed = wanted.status().single.active!.fsVerity;
    expect(warnings.contains('verity_unsupported'), !sealed);
    final required = world.client(
      store: '${world.folder}/required',
      fsVerity: FsVerity.required,
    );
    if (sealed) {
      await required.fetch(world.request());
      expect(required.status().single.active!.fsVerity, isTrue);
    } else {
      await expectLater(
        required.fetch(world.request()),
        throwsCode<ModelsecStoreException>(41, 'verity_unsupported'),
      );
    }
  });

  test('attempts are written down, counted and bounded', () async {
    final world = await World.make();
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    final client = world.client(
      audit: AuditOptions(
        actor: 'the application',
        failuresInARow: 1,
        metricsFile: '${world.folder}/modelsec.prom',
      ),
      manifestRequestsPerDay: 2,
    );
    await world.origin.publish({});
    await client.fetch(
      world.request(traceParent: '00-$trace-00f067aa0ba902b7-01'),
    );
    await world.origin.publish({
      'version': '2.0.0',
      'sequence': 2,
      'tamper': 'payload',
    });
    final events = <ModelEvent>[];
    await expectLater(
      client.fetch(world.request(), onEvent: events.add),
      throwsCode<ModelsecSignatureException>(20, 'bad_signature'),
    );
    final alert = events.singleWhere((e) => e.kind == ModelEventKind.alert);
    expect(alert.reason, 'repeated_failures');
    expect(alert.modelId, 'demo');
    await expectLater(
      client.fetch(world.request()),
      throwsCode<ModelsecRateLimitedException>(13, 'own_quota'),
    );
    final lines = File('${world.store}/.modelsec/audit.jsonl')
        .readAsLinesSync();
    expect(lines, hasLength(3));
    expect(lines, everyElement(contains('"the application"')));
    expect(lines.first, contains(trace));
    expect(
      File('${world.folder}/modelsec.prom').readAsStringSync(),
      contains('modelsec_attempts_total'),
    );
    expect(
      () => world.client(audit: AuditOptions(sinkUrl: Uri.parse('http://x/'))),
      throwsCode<ModelsecUsageException>(2, 'bad_url'),
    );

    final quiet = world.client(
      store: '${world.folder}/quiet',
      audit: const AuditOptions(
        failuresInARow: 1,
        alertsOff: {Alert.repeatedFailures, Alert.unusualHost},
      ),
    );
    events.clear();
    await expectLater(
      quiet.fetch(world.request(), onEvent: events.add),
      throwsCode<ModelsecSignatureException>(20, 'bad_signature'),
    );
    expect(events.where((e) => e.kind == ModelEventKind.alert), isEmpty);
  });

  test('numbers that cannot be meant are refused, not cut off', () async {
    final world = await World.make();
    for (final audit in const [
      AuditOptions(fileBytes: -1),
      AuditOptions(keptFiles: -1),
      AuditOptions(keptFiles: 0x100000000),
      AuditOptions(failuresInARow: -1),
      AuditOptions(requestsPerHour: 0x100000000),
      AuditOptions(sizeFactor: -1),
      AuditOptions(sinkQueue: 0x100000000),
    ]) {
      expect(() => world.client(audit: audit), throwsRangeError);
    }
    expect(() => world.client(manifestRequestsPerDay: -1), throwsRangeError);
    expect(
      () => world.client(
        audit: const AuditOptions(coolDown: Duration(milliseconds: -1)),
      ),
      throwsArgumentError,
    );
    expect(
      [
        for (final ms in [0, 1, 1000, 1001])
          wholeSecondsOf(Duration(milliseconds: ms), 'coolDown'),
      ],
      [0, 1, 1, 2],
    );
  });

  test('a deadline that is over at once is one', () async {
    final world = await World.make();
    await world.origin.publish();
    for (final deadline in const [
      Duration.zero,
      Duration(microseconds: 10),
      Duration(seconds: -1),
    ]) {
      await expectLater(
        world.client().fetch(world.request(deadline: deadline)),
        throwsA(
          isA<ModelsecException>().having((e) => e.reason, 'r', 'deadline'),
        ),
      );
    }
  });

  test('what cannot be meant is a usage error, at once', () async {
    final world = await World.make();
    final client = world.client();
    expect(
      () => ModelsecClient(store: ''),
      throwsA(isA<ModelsecUsageException>()),
    );
    await expectLater(
      client.fetch(
        ModelRequest(modelId: 'demo', manifestUrl: world.origin.manifest),
      ),
      throwsCode<ModelsecUsageException>(2, 'trust_source_missing'),
    );
    client
      ..close()
      ..close();
    await expectLater(client.fetch(world.request()), throwsStateError);
  });

  test('the codes are those of the library', () {
    expect(modelsecVersion(), matches(RegExp(r'^\d+\.\d+\.\d+$')));
    for (final code in ModelsecCode.values) {
      expect(ModelsecCode.of(code.value), code);
    }
    expect(ModelsecCode.of(9999), ModelsecCode.internal);
  });
}
