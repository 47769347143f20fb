#!/usr/bin/env bash
# install-packages.sh [--all]: installs the packages of packages.txt that are missing; --all also those for ./check
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$(if [ "${1-}" = --all ]; then cat packages.txt; else sed '/^# check:/,$d' packages.txt; fi | sed 's/#.*//' | tr -s ' \n' '\n\n' | sed '/^$/d')

present() { # a node that is there already, wherever it came from, is not replaced
  case $1 in
    nodejs) command -v node >/dev/null && return ;;
    npm) command -v npm >/dev/null && return ;;
  esac
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in $wanted; do
  present "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null; then
  as_root=(sudo)
else
  echo "These Debian packages are missing, and only root (or sudo) can install them: ${missing[*]}" >&2
  exit 1
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
