// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';
import 'dart:ffi';
import 'dart:isolate';

import 'package:ffi/ffi.dart';

import 'bindings.dart' as c;
import 'cancellation.dart';
import 'convert.dart';
import 'model.dart';
import 'open_pack.dart';
import 'relay.dart';
import 'request.dart';

/// How an operation ended well, and the pack it opened.
typedef Ended = ({Outcome outcome, OpenPack? pack});

final class _Running {
  _Running(this.relay, this.onEvent, this.token);

  final Relay relay;
  final void Function(ModelEvent) onEvent;
  final CancellationToken? token;
  final Completer<Ended> done = Completer();
}

/// The running operations of this isolate.
final class Operations {
  Operations._() {
    _port.handler = _onMessage;
    _port.keepIsolateAlive = false;
  }

  /// Those of this isolate.
  static final Operations instance = Operations._();

  final RawReceivePort _port = RawReceivePort();
  final Map<int, _Running> _running = {};
  int _starting = 0;

  /// Starts an operation; the future ends with it. Only waits for memory, never for the disk or the network.
  Future<Ended> run(
    Pointer<c.modelsec_client> Function() client,
    int operation,
    ModelRequest request, {
    required void Function(ModelEvent) onEvent,
    CancellationToken? token,
    int keep = 0,
  }) async {
    ++_starting;
    _port.keepIsolateAlive = true;
    try {
      final relay = await Relay.of(_port.sendPort);
      final running = _Running(relay, onEvent, token);
      final id = using((arena) {
        final out = arena<Uint64>();
        final asked = requestOf(operation, request, arena, keep: keep);
        relay.expect();
        try {
          check(
            (error) => c.modelsec_start(
              client(),
              asked,
              relay.callback,
              nullptr,
              out,
              error,
            ),
          );
        } on Object {
          relay.unexpect();
          rethrow;
        }
        return out.value;
      }, calloc);
      _running[id] = running;
      if (token != null) attach(token, id);
      return await running.done.future;
    } finally {
      --_starting;
      _restIfIdle();
    }
  }

  void _onMessage(RelayedEvent said) {
    final id = said.event.operation;
    final running = _running[id];
    if (running == null) return;
    if (said.released) {
      _running.remove(id);
      _restIfIdle();
      return;
    }
    try {
      running.onEvent(said.event);
    } on Object catch (error, stack) {
      Zone.current.handleUncaughtError(
        error,
        stack,
      ); // the operation is not to blame
    }
    if (said.event.kind != ModelEventKind.done) return;
    if (running.token case final token?) detach(token, id);
    final outcome = said.outcome;
    if (outcome != null) {
      OpenPack? pack;
      if (said.pack != 0) {
        // In this order, with nothing between: an isolate that ends here leaves it open, and never releases it twice.
        running.relay.adopted(said.pack);
        pack = OpenPack.adopt(said.pack);
      }
      running.done.complete((outcome: outcome, pack: pack));
    } else {
      running.done.completeError(said.error ?? silence(), StackTrace.current);
    }
  }

  void _restIfIdle() {
    if (_running.isEmpty && _starting == 0) _port.keepIsolateAlive = false;
  }
}
