#!/bin/sh
# Compares what supervisors take while nothing happens: resident memory after the
# start and after Go's forced garbage collection, and system calls in a minute.
# Run it from the root of the repository:
#
#	sh cmd/aside/testdata/atrest.sh
#
# What is missing of strace, tini, dumb-init (apt-get) and nodemon (npm) is left out.
set -eu

dir=$(mktemp -d)
go build -ldflags='-s -w' -trimpath -o "$dir/aside" ./cmd/aside
mkdir "$dir/project"
cd "$dir/project" # where strace writes nothing: aside watches it
echo A=1 >.env
[ -n "$(command -v npm)" ] && npm install --silent --prefix "$dir" nodemon >/dev/null 2>&1 || true

# watch NAME COMMAND... prints a line of the table.
watch() {
	name=$1
	shift
	command -v "$1" >/dev/null || return 0
	"$@" </dev/null >/dev/null 2>&1 &
	pid=$!
	sleep 5
	early=$(memory)
	calls=-
	if [ -n "$(command -v strace)" ]; then
		timeout --signal INT 60 strace -f -o "$dir/calls" -p $pid 2>/dev/null || true
		# Those that had begun before, or never returned, are no wake-ups.
		calls=$(grep -cv -e unfinished -e detached -e 'resum' "$dir/calls" || true)
	else
		sleep 60
	fi
	sleep 80
	printf '%-10s %8s %10s %8s\n' "$name" "$early" "$(memory)" "$calls"
	kill $pid
}

memory() { awk '/VmRSS/ { print $2 }' /proc/$pid/status; }

printf '%-10s %8s %10s %8s\n' "" "KiB" "after 145s" "calls/min"
watch aside ../aside run -- sleep 1000
watch tini tini -s -- sleep 1000
watch dumb-init dumb-init sleep 1000
watch nodemon ../node_modules/.bin/nodemon --quiet --watch .env --exec 'sleep 1000'
rm -rf "$dir"
