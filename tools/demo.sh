#!/bin/sh
# The main job on real files: check, look, make again, sum up. Called by `make demo`.
set -u

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
run() { printf '\n$ %s\n' "$*"; "$@"; }

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

say "1. Would Elhub take these? One is right, the others have one mistake each."
run ediel validate --on 2026-11-25 \
  fixtures/valid/RequestStartOfSupply-101.xml \
  fixtures/invalid/missing-postcode.xml \
  fixtures/invalid/misspelt-end-of-occurrence.xml \
  fixtures/invalid/share-comma.xml \
  fixtures/invalid/date-without-zone.xml \
  fixtures/invalid/sequence-twice.xml \
  fixtures/invalid/warning-check-digits.xml
[ $? -eq 1 ] || { echo "demo: expected exit code 1"; exit 1; }

say "2. A poll response holds several messages; each is judged by itself."
run ediel validate --on 2026-11-25 fixtures/invalid/poll-one-of-three-wrong.xml
[ $? -eq 1 ] || { echo "demo: expected exit code 1"; exit 1; }

say "3. What is in the first one? People are masked."
run ediel show fixtures/valid/RequestStartOfSupply-101.xml || exit 1

say "4. From typed fields back to XML: the same message, checked before it leaves."
printf '\n$ ediel show ... --format json --show-person-data | ediel generate - --output again.xml\n'
ediel show fixtures/valid/RequestStartOfSupply-101.xml --format json --show-person-data |
  ediel generate - --output "$work/again.xml" || exit 1
cd "$work" || exit 1
run ediel validate --on 2026-11-25 again.xml || exit 1
cd "$OLDPWD" || exit 1

say "5. What does that code mean?"
run ediel explain EH095 || exit 1
run ediel explain BRS-NO-313/13 || exit 1
run ediel id 707057500012345678
[ $? -eq 1 ] || { echo "demo: expected exit code 1"; exit 1; }

say "6. All fixtures, in one line."
printf '\n$ ediel validate --on 2026-11-25 fixtures/valid | tail -1\n'
ediel validate --on 2026-11-25 fixtures/valid | tail -1
printf '$ ediel validate --on 2026-11-25 fixtures/invalid | tail -1\n'
ediel validate --on 2026-11-25 fixtures/invalid | tail -1

say "7. A process in a database: a third party asks for access to a metering point."
EDIEL_DB="sqlite:///$work/market.db"
export EDIEL_DB
run ediel db upgrade || exit 1
run ediel party add 7080001300012 AG || exit 1
printf '\n$ echo ... | ediel process start AccessRequest -\n'
echo '{"metering_point": "707057542000000117"}' | ediel process start AccessRequest - || exit 1
run ediel outbox --to "$work" || exit 1
run ediel validate "$work"/UpdateThirdPartyAccess-*.xml || exit 1
run ediel process list || exit 1
printf '\n$ ediel process diagram access --role "third party" | head -8\n'
ediel process diagram access --role "third party" | head -8
