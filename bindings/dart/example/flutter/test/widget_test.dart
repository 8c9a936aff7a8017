// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';

import 'package:flutter/material.dart';
import 'package:flutter_test/flutter_test.dart';
import 'package:modelsec/modelsec.dart';
import 'package:modelsec_example/model_page.dart';

void main() {
  late String? installed;
  late Completer<String> download;
  late void Function(int, int) progress;
  late CancellationToken cancel;
  late int rollbacks;

  setUp(() {
    installed = null;
    rollbacks = 0;
  });

  Widget app() => MaterialApp(
    // The splash of Material 3 needs a shader that only the flutter tool bundles.
    theme: ThemeData(splashFactory: NoSplash.splashFactory),
    home: ModelPage(
      tier: 'llama8b',
      status: () async => (
        isInstalled: installed != null,
        activePackId: installed,
        activeDir: installed == null ? null : '/root/$installed',
      ),
      install: (tier, {onProgress, token}) {
        expect(tier, 'llama8b');
        progress = onProgress!;
        cancel = token!;
        // Made here, in the test's own time.
        return (download = Completer()).future;
      },
      rollback: () async => ++rollbacks > 0,
    ),
  );

  testWidgets('installs with progress, then shows the model', (tester) async {
    await tester.pumpWidget(app());
    await tester.pump();
    expect(find.text('No model is installed'), findsOneWidget);
    await tester.tap(find.text('Install'));
    await tester.pump();
    await tester.pump();
    progress(50, 100);
    await tester.pump();
    await tester.pump();
    final bar = tester.widget<LinearProgressIndicator>(
      find.byType(LinearProgressIndicator),
    );
    expect(bar.value, 0.5);
    installed = 'llama3_1_8b';
    download.complete('/root/llama3_1_8b');
    await tester.pumpAndSettle();
    expect(find.text('Installed: llama3_1_8b'), findsOneWidget);
    expect(find.byType(LinearProgressIndicator), findsNothing);
    await tester.tap(find.text('Back to the last good one'));
    await tester.pump();
    expect(rollbacks, 1);
  });

  testWidgets('a refused model is told in words without a path', (
    tester,
  ) async {
    await tester.pumpWidget(app());
    await tester.pump();
    await tester.tap(find.text('Install'));
    await tester.pump();
    await tester.pump();
    await tester.tap(find.text('Cancel'));
    expect(cancel.isCancelled, isTrue);
    download.completeError(
      const ModelsecDigestException((
        reason: 'digest_mismatch',
        hint: '',
        detail: '/home/somebody',
      )),
    );
    await tester.pumpAndSettle();
    expect(find.text(ModelsecCode.digest.message), findsOneWidget);
    expect(find.textContaining('/home'), findsNothing);
  });
}
