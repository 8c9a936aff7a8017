// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';
import 'dart:ffi';
import 'dart:io';
import 'dart:isolate';
import 'dart:typed_data';

import 'package:ffi/ffi.dart';

import 'bindings.dart' as c;
import 'client.dart';
import 'codes.dart';
import 'convert.dart';
import 'exception.dart';
import 'model.dart';
import 'request.dart';

/// Bytes of a file that another transport is asked to bring.
final class ForeignRange {
  ForeignRange._(c.modelsec_range r)
    : id = textOf(r.id),
      file = textOf(r.file),
      url = Uri.parse(textOf(r.url)),
      headers = {
        for (var i = 0; i < r.header_count; ++i)
          textOf(r.headers[i].name): textOf(r.headers[i].value),
      },
      begin = r.begin,
      end = r.end,
      fileSize = r.file_size,
      leasedUntil = _timeOf(r.leased_until);

  /// Names the range in whatever process: letters, digits and `-`, at most 120. Belongs into the task's own data.
  final String id;

  /// Its place in the pack; empty: an archive.
  final String file;

  /// https; its query may be a secret.
  final Uri url;

  /// To be sent to the URL's origin and to nobody else, redirects included; values are secrets. `Range` is among them.
  final Map<String, String> headers;

  /// The range in the file: its first byte …
  final int begin;

  /// … and one past its last.
  final int end;

  /// Of the whole file, as signed.
  final int fileSize;

  /// Nobody else is asked for these bytes before.
  final DateTime leasedUntil;

  /// Bytes that are expected.
  int get size => end - begin;
}

/// A range that was handed out, by whatever process, and is waited for.
final class ForeignLease {
  ForeignLease._(c.modelsec_range r)
    : id = textOf(r.id),
      file = textOf(r.file),
      begin = r.begin,
      end = r.end,
      until = _timeOf(r.leased_until);

  /// As [ForeignRange.id].
  final String id;

  /// As [ForeignRange.file].
  final String file;

  /// As [ForeignRange.begin].
  final int begin;

  /// As [ForeignRange.end].
  final int end;

  /// When it may be handed out again.
  final DateTime until;
}

/// Why a range does not come.
enum ForeignFailure {
  /// The host did not bring it: another address of the file is given next, if there is one.
  host(c.MODELSEC_FAILED_HOST),

  /// The address ran out of time: the same one is given anew.
  expired(c.MODELSEC_FAILED_EXPIRED),

  /// The task was ended, or its service does not know it: as if the range had never been handed out.
  cancelled(c.MODELSEC_FAILED_CANCELLED);

  const ForeignFailure(this._value);
  final int _value;
}

DateTime _timeOf(int seconds) =>
    DateTime.fromMillisecondsSinceEpoch(seconds * 1000, isUtc: true);

/// A download whose bytes another transport brings: see [ModelsecClient.transfer]. It may deliver while the application is dead, out of
/// order, twice, or wrongly. What must outlive the application is in the store when a future completes. What is delivered is copied
/// into a file of the store and hashed there; [finish] hashes all of it again before anything becomes active.
///
/// Every call runs in an isolate of its own, as it may wait for the disk, for hosts, and for other processes that work on the model.
final class ForeignTransfer {
  ForeignTransfer._(this._transfer);

  /// Not part of the package's interface.
  static Future<ForeignTransfer> begin(
    int client,
    ModelRequest request,
    Duration lease,
    int rangeBytes,
  ) async => ForeignTransfer._(
    await Isolate.run(
      () => using((arena) {
        final out = arena<Pointer<c.modelsec_transfer>>();
        check(
          (error) => c.modelsec_transfer_begin(
            Pointer.fromAddress(client),
            requestOf(c.MODELSEC_OP_FETCH, request, arena),
            lease == Duration.zero ? 0 : (lease.inMilliseconds + 999) ~/ 1000,
            rangeBytes,
            out,
            error,
          ),
        );
        return out.value.address;
      }, calloc),
    ),
  );

  int _transfer;
  int _calls = 0;
  bool _closed = false;

  Pointer<c.modelsec_transfer> get _get => !_closed
      ? Pointer.fromAddress(_transfer)
      : throw StateError('the transfer was closed');

  /// The model that the manifest is about.
  String get modelId => textOf(c.modelsec_transfer_model_id(_get));

  /// Its version.
  String get version => textOf(c.modelsec_transfer_version(_get));

  /// The manifest as verified, byte by byte.
  Uint8List get envelope => using((arena) {
    final size = arena<Size>();
    final text = c.modelsec_transfer_envelope(_get, size);
    return Uint8List.fromList(text.cast<Uint8>().asTypedList(size.value));
  }, calloc);

  /// What to ask for next; null: all has come or is on its way. Addresses that fail again and again rest for a while: when all that is
  /// left rests, this throws what they failed by, with the time to ask again in its detail.
  Future<ForeignRange?> nextRange() => _call(
    (transfer) => using((arena) {
      final out = arena<Pointer<c.modelsec_range>>();
      check((error) => c.modelsec_transfer_next(transfer, out, error));
      if (out.value == nullptr) return null;
      final range = ForeignRange._(out.value.ref);
      c.modelsec_range_release(out.value);
      return range;
    }, calloc),
  );

  /// The bytes of a range, or of the whole file where a host knows no ranges; durable when this completes. How many were new: 0 if
  /// they had been delivered before.
  Future<int> deliver(String id, Uint8List data) => _call(
    (transfer) => using((arena) {
      final taken = arena<Uint64>();
      check(
        (error) => c.modelsec_transfer_deliver(
          transfer,
          chars(id, arena),
          bytesOf(data, arena).cast(),
          data.length,
          taken,
          error,
        ),
      );
      return taken.value;
    }, calloc),
  );

  /// The same, from a regular file that may be removed afterwards; no link.
  Future<int> deliverFile(String id, String path) => _call(
    (transfer) => using((arena) {
      final taken = arena<Uint64>();
      check(
        (error) => c.modelsec_transfer_deliver_file(
          transfer,
          chars(id, arena),
          chars(path, arena),
          taken,
          error,
        ),
      );
      return taken.value;
    }, calloc),
  );

  /// The range will not come: it may be handed out again.
  Future<void> fail(String id, ForeignFailure why) => _call(
    (transfer) => using(
      (arena) => check(
        (error) => c.modelsec_transfer_fail(
          transfer,
          chars(id, arena),
          why._value,
          error,
        ),
      ),
      calloc,
    ),
  );

  /// What was handed out, by whatever process, and is waited for.
  Future<List<ForeignLease>> handedOut() => _call(
    (transfer) => using((arena) {
      final out = arena<Pointer<c.modelsec_ranges>>();
      check((error) => c.modelsec_transfer_handed_out(transfer, out, error));
      final all = out.value.ref;
      final list = [
        for (var i = 0; i < all.count; ++i) ForeignLease._(all.ranges[i].ref),
      ];
      c.modelsec_ranges_release(out.value);
      return list;
    }, calloc),
  );

  /// Bytes that have not come yet.
  Future<int> missingBytes() => _call(
    (transfer) => using((arena) {
      final out = arena<Uint64>();
      check((error) => c.modelsec_transfer_missing(transfer, out, error));
      return out.value;
    }, calloc),
  );

  /// Verifies all and makes it active. [ModelsecUsageException] while bytes are missing; after a [ModelsecDigestException] what was
  /// wrong is handed out again.
  Future<Model> finish() => _call(
    (transfer) => using((arena) {
      final out = arena<Pointer<c.modelsec_result>>();
      check((error) => c.modelsec_transfer_finish(transfer, out, error));
      final model = Outcome(out.value.ref).model;
      c.modelsec_result_release(out.value);
      return model;
    }, calloc),
  );

  /// Lets go of it once the last call has ended. Ends nothing: the transfer goes on in the store. Twice is fine.
  void close() {
    if (_closed) return;
    _closed = true;
    _release();
  }

  void _release() {
    if (!_closed || _calls > 0 || _transfer == 0) return;
    c.modelsec_transfer_release(Pointer.fromAddress(_transfer));
    _transfer = 0;
  }

  Future<T> _call<T>(
    T Function(Pointer<c.modelsec_transfer> transfer) work,
  ) async {
    final address = _get.address;
    ++_calls;
    try {
      return await _elsewhere(work, address);
    } finally {
      --_calls;
      _release();
    }
  }

  // Static: what is sent to the other isolate holds nothing of this one.
  static Future<T> _elsewhere<T>(
    T Function(Pointer<c.modelsec_transfer> transfer) work,
    int address,
  ) => Isolate.run(() => work(Pointer.fromAddress(address)));
}

/// What a background service has brought.
typedef ForeignDelivery = ({String id, String path});

/// A background service of the system, as [BackgroundTransfer] uses it: an adapter over a plugin implements it. Its tasks outlive the
/// application, and know the range's id.
abstract interface class BackgroundDownloader {
  /// Starts a task for a range: a GET of its URL with its headers, which must not follow a redirect to another origin with them. Completes
  /// when the service has the task for good.
  Future<void> enqueue(ForeignRange range);

  /// The ids of the tasks that have neither ended nor failed.
  Future<Set<String>> running();

  /// What has arrived and was not yet [removed].
  Future<List<ForeignDelivery>> arrived();

  /// What failed and was not yet [removed], by id.
  Future<Map<String, ForeignFailure>> failed();

  /// The service may forget this task, and remove what it brought.
  Future<void> removed(String id);
}

/// Drives a transfer with a background service: to be called when the application starts, and whenever the service tells of a task.
final class BackgroundTransfer {
  /// At most `tasks` at once.
  BackgroundTransfer(this.transfer, this.downloader, {this.tasks = 4});

  /// What is transferred.
  final ForeignTransfer transfer;

  /// Who brings it.
  final BackgroundDownloader downloader;

  /// How many tasks the service has at once.
  final int tasks;

  /// So often in a row a range may be refused or fail before [goOn] ends with that.
  static const _failuresInARow = 5;

  final _failures = <String, int>{};

  /// Takes in what has come, asks for more; the model once it is active, null while bytes are on their way. Ends with the failure of a
  /// range that was refused or failed five times in a row, or of the addresses when all of them rest (see [ForeignTransfer.nextRange]):
  /// then it may be called again later. Not twice at once.
  Future<Model?> goOn() async {
    // In this order: a task that ends meanwhile is seen as running, as arrived or as failed, never as none of them.
    final handedOut = await transfer.handedOut();
    final running = await downloader.running();
    final arrived = await downloader.arrived();
    final failed = await downloader.failed();
    for (final delivery in arrived) {
      await _takeIn(delivery);
    }
    for (final MapEntry(key: id, value: why) in failed.entries) {
      await _giveBack(id, why);
      await downloader.removed(id);
      if (why != ForeignFailure.cancelled) _count(id, _failureOf(id, why));
    }
    final ended = {for (final d in arrived) d.id, ...failed.keys};
    for (final lease in handedOut) {
      // Handed out, but the application ended before its service knew.
      if (!running.contains(lease.id) && !ended.contains(lease.id)) {
        await _giveBack(lease.id, ForeignFailure.cancelled);
      }
    }
    for (var busy = running.difference(ended).length; busy < tasks; ++busy) {
      final range = await transfer.nextRange();
      if (range == null) break;
      await downloader.enqueue(range);
    }
    return await transfer.missingBytes() == 0 ? transfer.finish() : null;
  }

  Future<void> _takeIn(ForeignDelivery delivery) async {
    final (:id, :path) = delivery;
    try {
      await transfer.deliverFile(id, path);
    } on ModelsecException catch (e) {
      // Only what can never be taken in is removed; anything else may be over at the next call.
      switch (e) {
        case ModelsecDigestException():
          break; // not the signed bytes: they are asked for again
        case ModelsecUsageException(reason: 'unknown_range'):
          await downloader.removed(id); // of another version
          return;
        case ModelsecUnsafeException(reason: 'unsafe_entry'):
          await _giveBack(id, ForeignFailure.cancelled);
        case ModelsecUsageException() when !File(path).existsSync():
          await _giveBack(id, ForeignFailure.cancelled); // lost by the service
        default:
          rethrow;
      }
      await downloader.removed(id);
      _count(id, e);
      return;
    }
    _failures.remove(id);
    await downloader.removed(id);
  }

  Future<void> _giveBack(String id, ForeignFailure why) async {
    try {
      await transfer.fail(id, why);
    } on ModelsecUsageException catch (e) {
      if (e.reason != 'unknown_range') rethrow; // else: of another version
    }
  }

  void _count(String id, ModelsecException why) {
    final times = (_failures[id] ?? 0) + 1;
    _failures[id] = times;
    if (times < _failuresInARow) return;
    _failures.remove(id);
    throw why;
  }

  static ModelsecException _failureOf(String id, ForeignFailure why) =>
      why == ForeignFailure.expired
      ? ModelsecUnauthorizedException((
          reason: 'url_expired',
          hint: 'the address has expired',
          detail: id,
        ))
      : ModelsecNetworkException((
          reason: 'connection_lost',
          hint: 'try again; what was downloaded is kept',
          detail: id,
        ));
}
