#!/bin/sh
# Installs the other stacks, as far as they can be had: on Debian, where we may. What is missing is skipped by the tests.
cd "$(dirname "$0")" || exit 1

packages="php-cli php-soap php-xml xmlsec1 gsoap libgsoap-dev libssl-dev gcc libwss4j-java libjaxws-java"
command -v javac >/dev/null || packages="$packages default-jdk-headless"
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"
missing=""
for package in $packages; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
if [ -n "$missing" ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null 2>&1
  # one by one where they cannot all be had
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || for package in $missing; do
    apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 || echo "not installed: $package"
  done
elif [ -n "$missing" ]; then
  echo "not installed:$missing"
fi
if command -v npm >/dev/null && [ ! -d node/node_modules/soap ]; then
  (cd node && npm ci --silent --no-audit --no-fund --ignore-scripts) || echo "not installed: the packages of node/package.json"
fi
exit 0
