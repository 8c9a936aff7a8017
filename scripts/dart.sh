#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# dart.sh fetch         brings Dart in from Debian's packages, into build/dart-sdk; 3 where that cannot be
# dart.sh flutter       the same with Flutter's own, into build/flutter
# dart.sh check         analysis and format of bindings/dart and its examples
# dart.sh test BUILD [ONLY]     the tests of bindings/dart with the library and the origin of a build folder
# dart.sh widgets       analysis and widget test of the Flutter example, where `flutter` was brought in
# dart.sh bench BUILD TO        what ./dev bench --bindings runs, ahead of time: TO/bundle/bin/bindings
# Works on a copy in build/, so that the sources stay as they are. Without Dart: says so and returns 77, or 1 where
# MODELSEC_REQUIRE_DART is set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

packages=(dart-sdk dart-ffi dart-crypto dart-test-api dart-matcher)
flutter_packages=(flutter flutter-test flutter-tester flutter-patched-sdk dart-kernel-compiler)
sdk=$root/build/dart-sdk

missing()
{
    printf 'Dart: nothing was run, since %s\n' "$1"
    [ -z "${MODELSEC_REQUIRE_DART:-}" ] || exit 1
    exit 77
}

# The newest word of why it could not be had is kept for those who come later.
fetch()
{
    mkdir -p build
    bash scripts/foreign.sh "$@" >build/dart-missing.txt 2>&1 && rm -f build/dart-missing.txt
}

# A copy of the package in a folder of its own, with Debian's libraries in place of the registry's.
copy()
{
    local to=$1 from=$2 library package
    library=$sdk/usr/share/dart/packages
    mkdir -p "$to"
    rm -rf "${to:?}"/{lib,test,hook,example,bin,pubspec.yaml}
    cp -r "$from/." "$to"
    rm -rf "$to/example/flutter"  # a package of its own
    {
        echo "dependency_overrides:"
        for package in "$library"/*; do
            echo "  ${package##*/}: {path: $package}"
        done
        echo "  test: {path: $root/bindings/dart/test/runner/test}"
    } >"$to/pubspec_overrides.yaml"
}

# library(how): what an application writes into its pubspec.
choose_library()
{
    printf 'hooks:\n  user_defines:\n    modelsec:\n'
    printf '      %s\n' "$@"
}

get()
{
    (cd "$1" && dart pub get --offline >pub.log 2>&1) || { cat "$1/pub.log"; exit 1; }
}

use_dart()
{
    [ -x "$sdk/usr/bin/dart" ] || missing "$(cat build/dart-missing.txt 2>/dev/null || echo 'it was never fetched: scripts/dart.sh fetch')"
    export PATH=$sdk/usr/bin:$PATH PUB_CACHE=$root/build/dart/cache HOME=$root/build/dart CI=1
    mkdir -p "$HOME"
    dart --disable-analytics >/dev/null 2>&1 || true
}

run_check()
{
    use_dart
    dart format --output=none --set-exit-if-changed bindings/dart/{lib,hook,example,test}
    copy build/dart/check bindings/dart
    get build/dart/check
    (cd build/dart/check && dart analyze --fatal-infos lib hook example test)
}

# A main that runs all test files in one process: one compilation, one build hook.
write_main()
{
    local file name
    echo "import 'package:test/run.dart';"
    for file in test/*_test.dart; do
        name=$(basename "$file" .dart)
        echo "import '../$file' as $name;"
    done
    echo "Future<void> main(List<String> a) => run({"
    for file in test/*_test.dart; do
        name=$(basename "$file" .dart)
        echo "'$name': $name.main,"
    done
    echo "}, a.isEmpty ? '' : a.first);"
}

run_test()
{
    local build only=${2:-} library digest
    build=$(cd "$1" && pwd)
    use_dart
    library=$(readlink -f "$build/lib/libmodelsec.so")
    digest=$(sha256sum "$library" | cut -d' ' -f1)
    export MODELSEC_ORIGIN=$build/bin/modelsec_origin MODELSEC_LIBRARY=$library MODELSEC_SOURCE=$root
    copy build/dart/test bindings/dart
    cd build/dart/test
    choose_library "library: prebuilt" "prebuilt: $library" "sha256: $digest" >>pubspec.yaml
    mkdir -p bin
    cp example/fetch.dart bin/
    write_main >bin/all_tests.dart
    get .
    # Ahead of time, with the library beside it: what is shipped.
    if [ -z "$only" ] || [ "$only" = executable ]; then
        dart build cli --target bin/fetch.dart --output build/aot >aot.log 2>&1 || { cat aot.log; exit 1; }
    fi
    MODELSEC_FETCH_AOT=$PWD/build/aot/bundle/bin/fetch dart run bin/all_tests.dart "$only"
}

run_bench()
{
    local library
    library=$(readlink -f "$1/lib/libmodelsec.so")
    use_dart
    copy build/dart/bench bindings/dart
    mkdir -p build/dart/bench/bin
    cp benchmarks/bindings.dart build/dart/bench/bin
    cd build/dart/bench
    choose_library "library: prebuilt" "prebuilt: $library" "sha256: $(sha256sum "$library" | cut -d' ' -f1)" >>pubspec.yaml
    get .
    dart build cli --target bin/bindings.dart --output "$2" >aot.log 2>&1 || { cat aot.log; exit 1; }
}

# There is no flutter tool in Debian, but what it would call: the compiler and the tester.
run_widgets()
{
    sdk=$root/build/flutter
    [ -x "$sdk/usr/bin/dart" ] || MODELSEC_REQUIRE_DART="" missing "Flutter was never fetched: scripts/dart.sh flutter"
    use_dart
    dart format --output=none --set-exit-if-changed bindings/dart/example/flutter
    local engine=$sdk/usr/lib/flutter-engine/linux-x64 place=build/dart/flutter
    rm -rf "${place:?}/lib" "${place:?}/test"
    copy "$place" bindings/dart/example/flutter
    copy "$place-modelsec" bindings/dart
    rm -f "$place-modelsec/pubspec_overrides.yaml"
    echo "  modelsec: {path: ../flutter-modelsec}" >>"$place/pubspec_overrides.yaml"
    get "$place"
    cd "$place"
    dart analyze --fatal-infos lib test
    "$sdk/usr/lib/dart/bin/dartaotruntime" "$sdk/usr/lib/dart/bin/snapshots/frontend_server_aot.dart.snapshot" \
        --sdk-root "$engine/flutter_patched_sdk/" --target=flutter --packages=.dart_tool/package_config.json \
        --output-dill widget_test.dill test/widget_test.dart >compile.log 2>&1 || { cat compile.log; exit 1; }
    # It exits by 0 whatever happens: its words count.
    FLUTTER_TEST=true timeout 120 "$engine/flutter_tester" --disable-vm-service --enable-software-rendering --non-interactive --use-test-fonts \
        --disable-asset-fonts --packages=.dart_tool/package_config.json widget_test.dill 2>&1 | tee tester.log
    grep -q 'All tests passed' tester.log
}

case ${1:-} in
    fetch) fetch "$sdk" sid "${packages[@]}" ;;
    flutter) fetch "$root/build/flutter" sid "${packages[@]}" "${flutter_packages[@]}" ;;  # with a Dart of its own: they must fit
    check) run_check ;;
    widgets) run_widgets ;;
    test) run_test "${2:?a build folder}" "${3:-}" ;;
    bench) run_bench "${2:?a build folder}" "${3:?a folder}" ;;
    *) echo "see the top of scripts/dart.sh" >&2; exit 2 ;;
esac
