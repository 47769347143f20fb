#!/usr/bin/env bash
# make-sheets.sh [MAKE_SHEET]: makes the sample sheets anew from their descriptions (default: the release build's make_sheet)
set -euo pipefail
cd "$(dirname "$0")/../.."
make_sheet=${1:-build/release/make_sheet}
sheets=config/sample/sheets
for spec in "$sheets"/*/*.json; do
  TASUKI_DATA=$PWD "$make_sheet" "$spec" "${spec%.json}.tif"
done
# A transmission that broke off: only the first half of a file is there.
broken=$sheets/higashinari/07-broken-off.tif
head -c 15000 "$sheets/higashinari/01-referral.tif" >"$broken"
ls -l "$sheets"/*/*.tif
