#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# Called by ./dev lint in the project's folder, after build/dev is built. Says every trouble, then fails if there was one.
set -uo pipefail

troubles=0
trouble()
{
    printf '  %s\n' "$*"
    troubles=$((troubles + 1))
}
heading()
{
    printf '==> %s\n' "$*"
}

# What belongs to the project: by git where there is one, else all but what is built.
mapfile -t files < <(git ls-files --cached --others --exclude-standard 2>/dev/null || find . -path ./build -prune -o -type f -print)
[ ${#files[@]} -gt 0 ] || mapfile -t files < <(find . -path ./build -prune -o -path ./.git -prune -o -type f -print)
of_kind()
{
    printf '%s\n' "${files[@]}" | grep -E "$1" | while read -r f; do [ -f "$f" ] && printf '%s\n' "$f"; done
}
mapfile -t cpp < <(of_kind '\.(hpp|ipp|cpp|h)$' | grep -v '^bindings/c/include/')  # C's own style, partly generated
mapfile -t shell < <(of_kind '(\.sh|^(\./)?dev|^(\./)?\.ci/run)$')

heading "Format"
clang-format-16 --dry-run -Werror --ferror-limit=3 "${cpp[@]}" || trouble "clang-format-16 -i would change files"

heading "Shell scripts"
shellcheck -x "${shell[@]}" || trouble "shellcheck"

heading "License lines, lengths, words"
mapfile -t licensed < <(of_kind '(\.(hpp|ipp|cpp|h|def|cmake|sh|py|dart|swift)|CMakeLists\.txt|^(\./)?dev|^(\./)?\.ci/run)$')
for f in "${licensed[@]}"; do
    head -n 3 "$f" | grep -q 'Distributed under the Boost Software License, Version 1.0.' || trouble "$f: no license line"
done
grep -nE '\b(TODO|FIXME|XXX|HACK)\b' "${cpp[@]}" "${shell[@]}" | grep -v '^scripts/lint.sh' && trouble "unfinished business"

heading "Codes in docs and bindings"
python3 scripts/make_codes.py --check || trouble "run scripts/make_codes.py"
python3 scripts/make_dart_bindings.py --check || trouble "run scripts/make_dart_bindings.py"

heading "Python's types"
(cd bindings/python && /usr/bin/mypy) || trouble "mypy --strict"

heading "Every body is in the compiled library"
of_a_system='_(posix|linux|macos|windows|none)(_[a-z]+)?\.ipp$'
mapfile -t bodies < <(of_kind '^(\./)?include/modelsec/detail/.*\.ipp$')
for f in "${bodies[@]}"; do
    f=${f#./}
    room=${f#include/modelsec/detail/} room=${room%%/*}
    homes=("include/modelsec/detail/$room/bodies.hpp")
    # What speaks to one system is chosen by base/platform.hpp, or is part of something that is.
    [[ ! $f =~ $of_a_system ]] ||
        mapfile -t homes < <(printf '%s\n' include/modelsec/detail/base/platform.hpp "${bodies[@]}" | grep -E "platform.hpp|$of_a_system")
    grep -qF "<${f#include/}>" "${homes[@]}" || trouble "$f is not in its room's bodies.hpp"
done

heading "One direction, and one public line"
python3 scripts/rooms.py || trouble "see docs/architecture.md, The rooms"

# Who asks which system this is, or speaks to it past Boost: base/platform.hpp and the bodies that it chooses, and for C its one header.
heading "Systems are told apart in one place"
systems='_WIN32|_WIN64|WIN32|__MINGW(32|64)__|_MSC_VER|__CYGWIN__|__APPLE__|__MACH__|TARGET_OS_[A-Z]+|__linux__|__linux|__ANDROID__|__unix__|__FreeBSD__'
mapfile -t neutral < <(of_kind '^(\./)?(include|src|bindings/c|tools)/.*\.(hpp|ipp|cpp|h)$' |
    grep -vE "$of_a_system|detail/base/platform\.hpp$|^(\./)?(tools/platform_[a-z]+|bindings/c/src/process_id)\.cpp$|^(\./)?bindings/c/include/modelsec/modelsec\.h$")
grep -nE "^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif|elifdef|elifndef)\b.*\b($systems)\b" "${neutral[@]}" && trouble "#if for a system outside of its bodies"
grep -nE '^[[:space:]]*#[[:space:]]*include <((sys|mach|arpa|net|netinet)/.*|unistd\.h|fcntl\.h|dirent\.h|poll\.h|pthread\.h|dlfcn\.h|windows\.h|winternl\.h|wincrypt\.h|winsock2\.h|aclapi\.h|io\.h)>' \
    "${neutral[@]}" | grep -v '^\(\./\)\?tools/' && trouble "a system's header outside of its bodies"

# docs/architecture.md, rule 7: the library never prints, aborts, exits or reads the environment. Its own objects say what they call.
heading "What the library calls"
archive=build/dev/libmodelsec_cpp.a
forbidden='^(abort|exit|_exit|_Exit|quick_exit|(v|f|vf|d|vd)?printf|puts|fputs|putc|fputc|putchar|perror|stdout|stderr|syslog|setenv|std::(cout|cerr|clog|cin))$'
if [ -f "$archive" ]; then
    calls=$(nm --undefined-only --demangle "$archive" | sed -n 's/^ *U //p' | sed 's/@.*//' | grep -E "$forbidden" | sort -u)
    [ -z "$calls" ] || trouble "the library refers to: ${calls//$'\n'/ }"
else
    trouble "$archive is not there"
fi
# One exception by name: where certificates of authorities lie, if the caller asks for it, and nothing when privileged.
grep -rnE '\b(secure_)?getenv\b' include src | grep -v 'detail/net/system_roots_' && trouble "reads the environment"

heading "Rooms without IO"
# docs/architecture.md, rule 1: decisions see no network, no file system, no clock.
for f in include/modelsec/detail/trust/*.?pp include/modelsec/detail/manifest/*.hpp include/modelsec/detail/*/*_fsm.?pp; do
    [ -f "$f" ] || continue
    grep -nE '#include <(boost/asio|boost/beast|filesystem|fstream|iostream|unistd|sys/|fcntl|ctime)|system_clock::now' "$f" &&
        trouble "$f does IO"
done

heading "clang 16, warnings are errors, both ways of building"
flags=(-std=c++20 -fsyntax-only -Iinclude -Wall -Wextra -Wconversion -Wshadow -Werror)
clang++-16 "${flags[@]}" -DMODELSEC_SEPARATE_COMPILATION -x c++ - <<<'#include <modelsec/src.hpp>' || trouble "compiled library"
if [ -f include/modelsec/modelsec.hpp ]; then
    clang++-16 "${flags[@]}" -x c++ - <<<'#include <modelsec/modelsec.hpp>' || trouble "header-only library"
fi

heading "Other systems, by their compiler (some minutes the first time)"
bash scripts/cross.sh || trouble "does not compile for macOS, Windows or ARM"

heading "clang-tidy (some minutes)"
# These are clean, and stay so: a unit that has become clean is added here. (All others are looked at by hand: lint.sh --all.)
units=(src/base.cpp)
[ "${1:-}" != --all ] || mapfile -t units < <(of_kind '^(\./)?(src|tools|bindings/c/src)/.*\.cpp$')
export tidy_flags="-std=c++20 -DMODELSEC_SEPARATE_COMPILATION -Iinclude -Itools -Itools/tuf_client -Ibindings/c/include"
# shellcheck disable=SC2016  # the inner shell is to expand it
printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -I {} bash -c 'clang-tidy-16 --quiet "{}" -- $tidy_flags 2>/dev/null' ||
    trouble "clang-tidy"

if [ "$troubles" -gt 0 ]; then
    printf '==> lint: %d trouble(s)\n' "$troubles"
    exit 1
fi
printf '==> lint: clean\n'
