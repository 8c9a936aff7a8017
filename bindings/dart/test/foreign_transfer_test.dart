// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:io';
import 'dart:typed_data';

import 'package:modelsec/modelsec.dart';
import 'package:test/test.dart';

import '../example/background_transfer.dart';
import 'support/origin.dart';

void main() {
  test(
    'a background service brings the bytes while clients come and go',
    () async {
      final world = await World.make();
      final published = await world.origin.publish({'size': 5000000});
      final downloader = FolderDownloader(Directory('${world.store}-tasks'));
      final web = HttpClient(
        context: SecurityContext()..setTrustedCertificates(world.origin.ca),
      )..autoUncompress = false;
      addTearDown(() => web.close(force: true));

      Future<Model?> live() async {
        final client = world.client();
        final transfer = await client.transfer(
          world.request(),
          rangeBytes: 1 << 20,
        );
        expect(transfer.modelId, 'demo');
        expect(transfer.envelope, isNotEmpty);
        final model = await BackgroundTransfer(
          transfer,
          downloader,
          tasks: 2,
        ).goOn();
        transfer.close();
        client.close();
        return model;
      }

      Model? model;
      var bytes = 0;
      for (var i = 0; i < 20 && model == null; ++i) {
        model = await live();
        bytes += await downloader.serve(web);
      }
      expect(model, isNotNull);
      expect(model!.sha256, published['sha256']);
      expect(model.bytesFetched, 0);
      expect(bytes, 5000000);
      expect(File('${model.path}/model.bin').lengthSync(), 5000000);
    },
  );

  test(
    'what is wrong is refused, and what failed is handed out again',
    () async {
      final world = await World.make();
      await world.origin.publish({'size': 1000000});
      final transfer = await world.client().transfer(world.request());
      addTearDown(transfer.close);
      final range = (await transfer.nextRange())!;
      expect(range.url.scheme, 'https');
      expect(range.size, greaterThan(0));
      expect(await transfer.nextRange(), isNull);
      expect((await transfer.handedOut()).single.id, range.id);
      await expectLater(
        transfer.finish(),
        throwsA(
          isA<ModelsecUsageException>().having(
            (e) => e.reason,
            'reason',
            'transfer_incomplete',
          ),
        ),
      );
      await expectLater(
        transfer.deliver(range.id, Uint8List(range.size)),
        throwsA(isA<ModelsecDigestException>()),
      );
      final again = (await transfer.nextRange())!;
      expect(again.id, range.id);
      await transfer.fail(again.id, ForeignFailure.cancelled);
      expect(await transfer.handedOut(), isEmpty);
      expect(await transfer.missingBytes(), 1000000);
    },
  );
}
