#!/usr/bin/env bash
# symbols.sh THROWS LOGKIT: frames of a stripped program say which build they are of, and only a file of that build names
# them later: the program, its separate debugging information, or a folder that has one of them.
set -euo pipefail
throws=$(realpath "$1") logkit=$(realpath "$2")
export LOG_CONSOLE=off LOG_FILE=app.log LOG_JOURNAL=$PWD/journals
rm -rf symbols journals && mkdir symbols && cd symbols
mkdir folder ids other
strip -o app "$throws"
fail() { echo "$1"; exit 1; }

./app
id=$(readelf -n "$throws" | sed -n 's/.*Build ID: //p')
[ -n "$id" ] || fail "the program has no build id"
jq -s -e --arg id "$id" '[.[] | .exc_info // empty | .. | strings | select(contains("app+0x"))] | length > 10 and all(contains(" BuildId:" + $id))' app.log >/dev/null ||
    fail "frames of the program without its build id"
mv app stripped # so that it is not found by its name

# told FILE…: the frame by which the failure of the span "inlined" is grouped, and the first of its stack on the screen
told() {
    "$logkit" errors app.log span=inlined --json "$@" | jq -r '.groups[0].frame'
    "$logkit" errors app.log span=inlined "$@" | grep -m 1 -o 'at .*'
}
named='app::inlined(int)
at app::inlined(int) (throws.cpp:'
unnamed=$(told)
[[ $unnamed != *throws.cpp* && $unnamed == *app+0x* && $unnamed != *BuildId* ]] || fail "without symbols: $unnamed"

cp "$throws" folder/whatever
objcopy --only-keep-debug "$throws" app.debug
mkdir -p ids/.build-id/"${id:0:2}" && cp app.debug ids/.build-id/"${id:0:2}"/"${id:2}".debug
for where in "$throws" app.debug folder ids; do
    [[ $(told --symbols "$where") == "$named"* ]] || fail "with $where: $(told --symbols "$where")"
done
[[ $(told --symbols other --symbols folder) == "$named"* ]] || fail "the second place was not looked at"
[[ $("$logkit" trace --last-error app.log --symbols folder) == *throws.cpp:* ]] || fail "trace does not name frames"
[[ $("$logkit" digest app.log --symbols folder) == *throws.cpp:* ]] || fail "digest does not name frames"

# Another build of the same name, a file that is none, a place that is not there: nothing is taken from them.
cp "$logkit" other/app
head -c 3000 "$throws" >other/cut
mkfifo other/pipe
for where in other other/app other/cut other/pipe nowhere app.log; do
    [[ $(told --symbols "$where") == "$unnamed" ]] || fail "with $where: $(told --symbols "$where")"
done
# What anybody may write where an id and an offset stand.
for frame in 'app+0x BuildId:'$id 'app+0xzz BuildId:'$id 'app+0xffffffffffffffff BuildId:'$id 'app+0x0 BuildId:'$id \
    '../app+0x10 BuildId:'$id 'BuildId:' ' BuildId:' '+0x BuildId:' 'f (+0x1 BuildId:ab)' 'app+0x10 BuildId:zz'; do
    jq -n -c --arg frame "$frame" '{timestamp: "2026-01-01T00:00:00Z", level: "error", event: "x", exc_info: {type: "T", what: "w", stack: [$frame]}}' >odd.log
    "$logkit" errors odd.log --symbols folder | grep -q 'T: w' || fail "$frame"
done
echo "frames: named by their own build only"
