// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:ffi';

import 'bindings.dart' as c;
import 'convert.dart';

/// What is unusual: the [ModelEvent.reason] of a [ModelEventKind.alert].
enum Alert {
  /// `repeated_failures`: so many attempts in a row on a model were refused by verification.
  repeatedFailures(c.MODELSEC_ALERT_FAILURES),

  /// `unusual_request_rate`: so many manifest requests in an hour.
  unusualRequestRate(c.MODELSEC_ALERT_REQUESTS),

  /// `unusual_size`: so many times larger or smaller than the version before.
  unusualSize(c.MODELSEC_ALERT_SIZE),

  /// `unusual_host`: a host that the model did not come from before.
  unusualHost(c.MODELSEC_ALERT_HOST);

  const Alert(this._bit);

  final int _bit;
}

/// What is kept of every attempt, beside its events: one line in the store's audit log, and what follows from them. What cannot be
/// written fails no operation. Zeros leave the library's defaults.
final class AuditOptions {
  /// All of it is optional.
  const AuditOptions({
    this.actor,
    this.fileBytes = 0,
    this.keptFiles = 0,
    this.alertsOff = const {},
    this.failuresInARow = 0,
    this.requestsPerHour = 0,
    this.sizeFactor = 0,
    this.coolDown = Duration.zero,
    this.sinkUrl,
    this.sinkQueue = 0,
    this.sinkLinger = Duration.zero,
    this.metricsFile,
  });

  /// Whom the application acts for.
  final String? actor;

  /// A log that has grown to this is put aside; 16 MiB.
  final int fileBytes;

  /// So many of those that were put aside stay; 8.
  final int keptFiles;

  /// What is no alert.
  final Set<Alert> alertsOff;

  /// Of [Alert.repeatedFailures]; 3.
  final int failuresInARow;

  /// Of [Alert.unusualRequestRate]; 120.
  final int requestsPerHour;

  /// Of [Alert.unusualSize]; 4.
  final int sizeFactor;

  /// How long the same alert of a model is not told again, in whole seconds (rounded up), at most 30 days; an hour.
  final Duration coolDown;

  /// https: the events go on to it by POST, as JSON; it never holds an operation up.
  final Uri? sinkUrl;

  /// So many events may wait for the sink; 1,024.
  final int sinkQueue;

  /// How long the client's end waits for those that still do; two seconds.
  final Duration sinkLinger;

  /// The counters as Prometheus text, replaced as a whole after each attempt.
  final String? metricsFile;
}

/// For the library; null stays null.
Pointer<c.modelsec_audit_options> auditOf(AuditOptions? audit, Allocator a) {
  if (audit == null) return nullptr;
  final out = a<c.modelsec_audit_options>();
  out.ref
    ..struct_size = sizeOf<c.modelsec_audit_options>()
    ..actor = chars(audit.actor, a)
    ..file_bytes = countOf(audit.fileBytes, 'fileBytes')
    ..kept_files = countOf(audit.keptFiles, 'keptFiles', bits: 32)
    ..alerts_off = audit.alertsOff.fold(0, (sum, alert) => sum | alert._bit)
    ..failures_in_a_row = countOf(
      audit.failuresInARow,
      'failuresInARow',
      bits: 32,
    )
    ..requests_per_hour = countOf(
      audit.requestsPerHour,
      'requestsPerHour',
      bits: 32,
    )
    ..size_factor = countOf(audit.sizeFactor, 'sizeFactor', bits: 32)
    ..sink_queue = countOf(audit.sinkQueue, 'sinkQueue', bits: 32)
    ..cool_down_s = wholeSecondsOf(audit.coolDown, 'coolDown')
    ..sink_url = chars(audit.sinkUrl?.toString(), a)
    ..sink_linger_ms = timeoutOf(audit.sinkLinger)
    ..metrics_file = chars(audit.metricsFile, a);
  return out;
}
