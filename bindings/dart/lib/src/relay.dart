// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The library calls back on its own threads, and calling into an isolate that has ended would end the process. So a small isolate
// of the package's own takes the calls for each isolate that uses it, and outlives what it serves: it ends when that isolate has
// ended and the last operation has said that it is released.
import 'dart:ffi';
import 'dart:isolate';

import 'bindings.dart' as c;
import 'codes.dart';
import 'convert.dart';
import 'exception.dart';
import 'model.dart';

/// What the relay says of an operation.
final class RelayedEvent {
  /// One event.
  RelayedEvent(this.event, this.outcome, this.error, this.pack, this.released);

  /// What happened.
  final ModelEvent event;

  /// The last event, and it worked.
  final Outcome? outcome;

  /// The last event, and it did not.
  final ModelsecException? error;

  /// The address of an opened pack, or 0.
  final int pack;

  /// Nothing more will be said of the operation.
  final bool released;
}

/// The relay of one isolate, seen from that isolate.
final class Relay {
  Relay._(this._isolate, this._orders, this.callback);

  final Isolate _isolate;
  final SendPort _orders;

  /// What the library is to call.
  final Pointer<
    NativeFunction<Void Function(Pointer<Void>, Pointer<c.modelsec_event>)>
  >
  callback;

  static Future<Relay>? _one;

  /// The relay of this isolate. Events go to the port that was given first.
  static Future<Relay> of(SendPort events) async {
    final one = _one ??= _start(events);
    try {
      return await one;
    } on Object {
      if (identical(_one, one)) _one = null; // whoever asks next tries again
      rethrow;
    }
  }

  static Future<Relay> _start(SendPort events) async {
    final greeting = ReceivePort();
    final Isolate isolate;
    try {
      isolate = await Isolate.spawn(
        _main,
        (greeting.sendPort, events),
        onExit: greeting.sendPort, // an end without a greeting is no greeting
        debugName: 'modelsec events',
      );
    } on Object {
      greeting.close();
      rethrow;
    }
    final (SendPort orders, int address) =
        await greeting.first as (SendPort, int);
    // Killed or done: whoever asked is not there any more.
    Isolate.current.addOnExitListener(orders, response: null);
    return Relay._(isolate, orders, Pointer.fromAddress(address));
  }

  /// To be said before an operation is started, or the relay might end too early.
  void expect() => _orders.send(1);

  /// It could not be started.
  void unexpect() => _orders.send(-1);

  /// The pack that was said to be here is taken care of.
  void adopted(int pack) => _orders.send((pack: pack));

  @override
  String toString() => 'Relay(${_isolate.debugName})';
}

void _main((SendPort, SendPort) ports) {
  final (greeting, events) = ports;
  final orders = ReceivePort();
  final running = <int>{};
  final given = <int>{}; // packs that nobody has taken care of yet
  var expected = 0;
  var orphan = false;
  late final NativeCallable<
    Void Function(Pointer<Void>, Pointer<c.modelsec_event>)
  >
  listener;

  void endIfDone() {
    if (!orphan || expected > 0) return;
    orders.close();
    listener.close();
  }

  void onEvent(Pointer<Void> _, Pointer<c.modelsec_event> event) {
    if (event.ref.kind > c.MODELSEC_EVENT_RELEASED &&
        event.ref.kind != c.MODELSEC_EVENT_ALERT) {
      c.modelsec_event_release(event); // of a later library
      return;
    }
    final said = _read(event, orphan);
    if (said.pack != 0) given.add(said.pack);
    final operation = said.event.operation;
    if (said.released) {
      running.remove(operation);
      --expected;
    } else if (running.add(operation) && orphan) {
      c.modelsec_cancel(operation);
    }
    events.send(said);
    endIfDone();
  }

  listener = NativeCallable.listener(onEvent);
  orders.listen((order) {
    if (order is int) {
      expected += order;
    } else if (order case (pack: final int pack)) {
      given.remove(pack);
    } else {
      orphan = true; // nobody waits any more
      running.forEach(c.modelsec_cancel);
      for (final pack in given) {
        c.modelsec_pack_release(Pointer.fromAddress(pack));
      }
      given.clear();
    }
    endIfDone();
  });
  greeting.send((orders.sendPort, listener.nativeFunction.address));
}

RelayedEvent _read(Pointer<c.modelsec_event> event, bool orphan) {
  final e = event.ref;
  final ended = e.kind == c.MODELSEC_EVENT_DONE;
  final said = RelayedEvent(
    ModelEvent(
      kind: switch (e.kind) {
        c.MODELSEC_EVENT_PROGRESS => ModelEventKind.progress,
        c.MODELSEC_EVENT_REDIRECT => ModelEventKind.redirect,
        c.MODELSEC_EVENT_RETRY => ModelEventKind.retry,
        c.MODELSEC_EVENT_WARNING => ModelEventKind.warning,
        c.MODELSEC_EVENT_ALERT => ModelEventKind.alert,
        c.MODELSEC_EVENT_DONE => ModelEventKind.done,
        _ => ModelEventKind.stage,
      },
      operation: e.operation,
      bytes: e.bytes,
      total: e.total,
      wait: Duration(milliseconds: e.wait_ms),
      stage: textOf(e.stage),
      reason: textOf(e.reason),
      host: textOf(e.host),
      modelId: textOf(e.model_id),
    ),
    ended && e.result != nullptr ? Outcome(e.result.ref) : null,
    ended && e.error != nullptr ? exceptionFrom(e.error.ref) : null,
    ended && !orphan ? c.modelsec_event_take_pack(event).address : 0,
    e.kind == c.MODELSEC_EVENT_RELEASED,
  );
  c.modelsec_event_release(event);
  return said;
}

/// What an operation that said nothing at its end came to; cannot happen.
ModelsecException silence() => exceptionOf(ModelsecCode.internal.value, (
  reason: 'internal_error',
  hint: '',
  detail: 'no result',
));
