// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:collection';
import 'dart:ffi';

import 'bindings.dart' as c;
import 'convert.dart';

/// A file of an open pack.
// Finalizable: the pack is not let go of in the middle of a call.
final class PackFile implements Finalizable {
  PackFile._(this._pack, this.name, this.size, this._index);

  final OpenPack _pack;
  final int _index;

  /// Relative to [OpenPack.path].
  final String name;

  /// In bytes.
  final int size;

  /// What its bytes were when they were verified, hex.
  String get sha256 => textOf(c.modelsec_pack_file_sha256(_pack._get, _index));

  /// A descriptor for reading, owned by the pack: for loaders that take one, so that no path has to leave. Valid as long as the
  /// pack is open.
  int get descriptor => c.modelsec_pack_file_descriptor(_pack._get, _index);
}

/// A pack that stays on disk and readable as long as it is held, whatever happens to the store.
final class OpenPack implements Finalizable {
  /// Takes what the library gave. Not part of the package's interface.
  OpenPack.adopt(int address) : _pack = Pointer.fromAddress(address) {
    _finalizer.attach(this, _pack.cast(), detach: this);
  }

  // Static: it must be reachable as long as any pack is.
  static final NativeFinalizer _finalizer = NativeFinalizer(
    Native.addressOf<NativeFunction<Void Function(Pointer<c.modelsec_pack>)>>(
      c.modelsec_pack_release,
    ).cast(),
  );

  Pointer<c.modelsec_pack> _pack;

  Pointer<c.modelsec_pack> get _get =>
      _pack != nullptr ? _pack : throw StateError('the pack was closed');

  /// The folder, absolute.
  String get path => textOf(c.modelsec_pack_path(_get));

  /// Of the artifact, hex.
  String get sha256 => textOf(c.modelsec_pack_sha256(_get));

  /// The manifest's sequence.
  int get sequence => c.modelsec_pack_sequence(_get);

  /// Its version in the manifest.
  String get version => textOf(c.modelsec_pack_version(_get));

  /// Its files.
  late final List<PackFile> files = UnmodifiableListView([
    for (var i = 0; i < c.modelsec_pack_file_count(_get); ++i)
      PackFile._(
        this,
        textOf(c.modelsec_pack_file_name(_get, i)),
        c.modelsec_pack_file_size(_get, i),
        i,
      ),
  ]);

  /// Lets go of it now rather than when it is collected. Twice is fine.
  void close() {
    if (_pack == nullptr) return;
    _finalizer.detach(this);
    c.modelsec_pack_release(_pack);
    _pack = nullptr;
  }
}
