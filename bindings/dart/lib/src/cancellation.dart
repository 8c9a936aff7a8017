// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'bindings.dart' as c;

/// Ends, pauses or resumes the operations it was given to. One token may serve several; none ends twice.
final class CancellationToken {
  final Set<int> _operations = {};
  bool _cancelled = false;
  bool _paused = false;

  /// Whether [cancel] was called.
  bool get isCancelled => _cancelled;

  /// Whether operations stand still.
  bool get isPaused => _paused;

  /// Ends the operations with [ModelsecCancelledException]; what was downloaded is kept. Operations that begin later end at once.
  void cancel() {
    _cancelled = true;
    _operations.forEach(c.modelsec_cancel);
  }

  /// Stops the operations where they are.
  void pause() {
    _paused = true;
    _operations.forEach(c.modelsec_pause);
  }

  /// Lets them go on.
  void resume() {
    _paused = false;
    _operations.forEach(c.modelsec_resume);
  }
}

/// An operation of this number has begun. Not part of the package's interface.
void attach(CancellationToken token, int operation) {
  token._operations.add(operation);
  if (token._cancelled) c.modelsec_cancel(operation);
  if (token._paused) c.modelsec_pause(operation);
}

/// It has ended. Not part of the package's interface.
void detach(CancellationToken token, int operation) =>
    token._operations.remove(operation);
