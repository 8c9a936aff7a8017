// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import 'dart:async';

import 'package:flutter/material.dart';
import 'package:modelsec/modelsec.dart';

/// Shows what is installed, installs, rolls back. Takes functions, so that a test can stand in for the library.
class ModelPage extends StatefulWidget {
  /// With the calls of a [LocalModelPackManager].
  const ModelPage({
    required this.tier,
    required this.status,
    required this.install,
    required this.rollback,
    super.key,
  });

  /// Which tier to install.
  final String tier;

  /// `getStatus`.
  final Future<LocalModelPackStatus> Function() status;

  /// `downloadAndActivateTrusted`.
  final InstallPack install;

  /// `rollbackToLastGoodIfPresent`.
  final Future<bool> Function() rollback;

  @override
  State<ModelPage> createState() => _ModelPageState();
}

class _ModelPageState extends State<ModelPage> {
  late final ModelProvisioner _provisioner = ModelProvisioner(widget.install);
  StreamSubscription<ProvisioningState>? _states;
  LocalModelPackStatus? _status;
  ProvisioningState _state = const ProvisioningState(ProvisioningPhase.idle);

  @override
  void initState() {
    super.initState();
    _states = _provisioner.states.listen((s) => setState(() => _state = s));
    unawaited(_refresh());
  }

  @override
  void dispose() {
    unawaited(_states?.cancel());
    unawaited(_provisioner.close());
    super.dispose();
  }

  Future<void> _refresh() async {
    final status = await widget.status();
    if (mounted) setState(() => _status = status);
  }

  Future<void> _install() async {
    try {
      await _provisioner.provision(widget.tier);
    } on Object {
      // The state says it.
    }
    await _refresh();
  }

  Future<void> _rollback() async {
    await widget.rollback();
    await _refresh();
  }

  @override
  Widget build(BuildContext context) {
    final status = _status;
    final busy = _state.phase == ProvisioningPhase.downloading;
    return Scaffold(
      body: Center(
        child: Column(
          mainAxisSize: MainAxisSize.min,
          children: [
            Text(
              status == null
                  ? '…'
                  : status.isInstalled
                  ? 'Installed: ${status.activePackId}'
                  : 'No model is installed',
            ),
            if (busy)
              LinearProgressIndicator(
                value: _state.total == 0
                    ? null
                    : _state.received / _state.total,
              ),
            if (_state.error case final error?)
              Text(
                error is ModelsecException
                    ? error.message
                    : 'The model could not be installed',
              ),
            Row(
              mainAxisSize: MainAxisSize.min,
              children: [
                TextButton(
                  onPressed: busy ? _provisioner.cancel : _install,
                  child: Text(busy ? 'Cancel' : 'Install'),
                ),
                TextButton(
                  onPressed: busy ? null : _rollback,
                  child: const Text('Back to the last good one'),
                ),
              ],
            ),
          ],
        ),
      ),
    );
  }
}
