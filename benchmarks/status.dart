// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What 1,000 status calls take, in milliseconds: the best of seven. For bindings.py.
import 'package:modelsec/modelsec.dart';

void main(List<String> arguments) {
  final client = ModelsecClient(store: arguments.single);
  var best = double.infinity;
  for (var round = 0; round < 7; ++round) {
    final watch = Stopwatch()..start();
    for (var i = 0; i < 1000; ++i) {
      if (client.status().length != 1) throw StateError('not one model');
    }
    final took = watch.elapsedMicroseconds / 1000;
    if (took < best) best = took;
  }
  client.close();
  print(best);
}
