#!/usr/bin/env bash
# Starts the packaged jar as users do, under every Java on this machine, and checks that arguments,
# options, streams, terminal, signals and exit codes pass through the launcher.
#
#   usage: launcher.sh JDK25_HOME [JAR]
set -euo pipefail

jdk25=$1
jar=$(realpath "${2:-target/gatun.jar}")
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

check() { # name expected actual
  if [[ $2 == "$3" ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s: %s\n  expected: %q\n  actual:   %q\n' "$java" "$1" "$2" "$3"
  fi
}

code() { # command...: its exit code
  local status=0
  "$@" >"$work/out" 2>"$work/err" || status=$?
  echo "$status"
}

hex() {
  for argument; do printf '%s' "$argument" | od -An -v -tx1 | tr -d ' \n'; echo; done
}

# A signal to the first process must reach App, which saves and ends with 75.
check_signal() { # signal
  : >"$work/signal" # else the last signal's "ready" counts, and this one meets a shell that is no JVM yet
  set -m # a job without its own process group would ignore SIGINT
  "${probe[@]}" save >"$work/signal" 2>"$work/err" &
  local pid=$!
  set +m
  for _ in {1..300}; do
    grep -q ready "$work/signal" && break
    sleep 0.2
  done
  kill -"$1" "$pid"
  local status=0
  wait "$pid" || status=$?
  check "exit code after SIG$1" 75 "$status"
  check "output after SIG$1" "ready saved" "$(paste -sd' ' "$work/signal")"
}

check_java() { # path of java
  java=$1
  local real=("$java" -jar "$jar")
  probe=("$java" -cp "$work/probe:$jar" dev.gatun.cli.Main)
  local words=(args "two words" "" "*" '"quoted"' "naïve-日本語" '$HOME' 'back\slash' -Xmx1g)

  check "version" 0 "$(code "${real[@]}" --version)"
  check "version goes to stdout" 1 "$(grep -c '^gatun [0-9]' "$work/out")"
  check "doctor" 0 "$(code "${real[@]}" doctor)"
  check "wrong verb" 2 "$(code "${real[@]}" docter)"
  check "wrong verb is answered" "gatun: unknown verb 'docter', did you mean 'doctor'? (gatun --help)" \
    "$(grep -v '^WARNING: Using incubator' "$work/err")"

  check "arguments" "$(hex "${words[@]}")" "$("${probe[@]}" "${words[@]}" 2>"$work/err")"
  check "exit code 0" 0 "$(code "${probe[@]}" exit 0)"
  check "exit code 75" 75 "$(code "${probe[@]}" exit 75)"
  check "stdin" "one two" "$(printf 'one two' | "${probe[@]}" stdin 2>"$work/err")"

  probe=("$java" -Xmx99m -XX:MaxVectorSize=16 -Dgatun.test="a b" -cp "$work/probe:$jar" dev.gatun.cli.Main)
  check "user's property" "a b" "$("${probe[@]}" property gatun.test 2>"$work/err")"
  local options
  options=$("${probe[@]}" options 2>"$work/err")
  check "user's heap" 1 "$(grep -c -e '-Xmx99m' <<<"$options")"
  check "user's vector size" 1 "$(grep -c -e '-XX:MaxVectorSize=16' <<<"$options")"
  check "default collector" 1 "$(grep -c -e '-XX:+UseSerialGC' <<<"$options")"
  probe=("$java" -XX:+UseParallelGC -cp "$work/probe:$jar" dev.gatun.cli.Main)
  options=$("${probe[@]}" options 2>"$work/err")
  check "user's collector" "UseParallelGC" "$(grep -o -e 'Use[A-Za-z]*GC' <<<"$options")"

  probe=("$java" -cp "$work/probe:$jar" dev.gatun.cli.Main)
  check_signal TERM
  check_signal INT
  check_signal HUP
  check "terminal" "true" "$(script -qec "${probe[*]} terminal 2>$work/err" /dev/null </dev/null | tr -d '\r')"
}

mkdir "$work/probe"
"$jdk25/bin/javac" -d "$work/probe" "$here/launcher/App.java"
export LC_ALL=C.UTF-8

mapfile -t javas < <(realpath -e "$jdk25/bin/java" /usr/lib/jvm/*/bin/java | sort -u)
for java in "${javas[@]}"; do
  printf '%s\n' "$java"
  check_java "$java"
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "${java%/bin/java}/release")
  if ((version >= 25)); then
    "${probe[@]}" pid >"$work/pid" 2>"$work/err" &
    pid=$!
    wait "$pid"
    check "same process" "$pid" "$(cat "$work/pid")"
    check "arguments without a locale" "$(hex args é日)" "$(LC_ALL=C "${probe[@]}" args é日 2>"$work/err")"
  else
    check "no such JDK" 2 "$(GATUN_JAVA=/nowhere code "${probe[@]}" exit 0)"
    check "no such JDK is one sentence" \
      "gatun: GATUN_JAVA=/nowhere is not the folder of a JDK 25 or newer" "$(cat "$work/err")"
    check "arguments without a locale" 2 "$(LC_ALL=C code "${probe[@]}" args é)"
    check "options removed since" 0 \
      "$(code "$java" -XX:+IgnoreUnrecognizedVMOptions -XX:MaxPermSize=99m -jar "$jar" --version)"
  fi
done

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
