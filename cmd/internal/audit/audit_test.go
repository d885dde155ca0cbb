package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aside-cli/aside/sources"
)

// The test binary starts itself as another process that writes 50 records of
// the number ASIDE_TEST_CHILD into the log of ASIDE_TEST_DIR.
func TestMain(m *testing.M) {
	number := os.Getenv("ASIDE_TEST_CHILD")
	if number == "" {
		os.Exit(m.Run())
	}
	for i := range 50 {
		if err := In(os.Getenv("ASIDE_TEST_DIR")).Append(numbered(number, i)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(0)
}

// A record that is long enough to be torn, if it could be.
func numbered(number string, i int) Record {
	return Record{Who: number, Action: Run, Stage: strconv.Itoa(i), Link: strings.Repeat("x", 9000)}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newLog returns an empty log, and the path of its file.
func newLog(t testing.TB) (Log, string) {
	t.Helper()
	root := t.TempDir()
	must(t, os.Mkdir(filepath.Join(root, folder), 0o755))
	return In(root), filepath.Join(root, folder, current)
}

func wantError(t testing.TB, err error, text, hint string) {
	t.Helper()
	if err == nil || err.Error() != text || sources.HintOf(err) != hint {
		t.Errorf("\n got %v (%s)\nwant %s (%s)", err, sources.HintOf(err), text, hint)
	}
}

func TestAppendAndRead(t *testing.T) {
	log, file := newLog(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.FixedZone("", 3600))
	must(t, log.Append(Record{
		Time: at, Who: "alice@laptop", Action: Run, Stage: "dev", Scope: "stage dev",
		Names: []string{"A", "B"}, Link: "api", Command: filepath.Join("usr", "bin", "node"),
	}))
	must(t, log.Append(Record{Who: "bob", Action: Set, Names: []string{"AB"}}))

	text, err := os.ReadFile(file)
	must(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	want := `{"time":"2026-01-02T02:04:05.678Z","who":"alice@laptop","action":"run","stage":"dev","scope":"stage dev","names":["A","B"],"link":"api","command":"node"}`
	if first != want {
		t.Errorf("\n got %s\nwant %s", first, want)
	}
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}

	all, damaged, err := log.Read(Filter{})
	must(t, err)
	if len(all) != 2 || damaged != 0 || !all[0].Time.Equal(at.Truncate(time.Millisecond)) || time.Since(all[1].Time).Abs() > time.Minute {
		t.Fatalf("%+v, %d damaged", all, damaged)
	}
	for _, c := range []struct {
		name   string
		filter Filter
		want   []Record
	}{
		{"name", Filter{Secret: "A"}, all[:1]},
		{"no part of a name", Filter{Secret: "AB"}, all[1:]},
		{"since", Filter{Since: time.Now().Add(-time.Hour)}, all[1:]},
		{"to the millisecond", Filter{Since: all[0].Time}, all},
		{"both", Filter{Secret: "A", Since: all[1].Time}, nil},
	} {
		got, _, err := log.Read(c.filter)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
	}
}

func TestRootWithoutFolder(t *testing.T) {
	root := t.TempDir()
	for _, root := range []string{root, filepath.Join(root, "missing")} {
		must(t, In(root).Append(Record{Action: Run}))
		if records, damaged, err := In(root).Read(Filter{}); len(records) > 0 || damaged > 0 || err != nil {
			t.Errorf("%v, %d, %v", records, damaged, err)
		}
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) > 0 {
		t.Errorf("made %v, %v", entries, err)
	}
}

// What a full disk or another program left is passed over, and spoils nothing
// that comes after it.
func TestDamagedLines(t *testing.T) {
	log, file := newLog(t)
	must(t, log.Append(Record{Action: Set, Names: []string{"A"}}))
	half, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, []byte(string(half)+"\n\nnonsense\n{\"x\":1}\n"+string(half[:30])), 0o600))
	if records, damaged, err := log.Read(Filter{}); len(records) != 1 || damaged != 2 || err != nil {
		t.Errorf("%+v, %d, %v", records, damaged, err)
	}
	must(t, log.Append(Record{Action: Remove, Names: []string{"A"}}))
	records, damaged, err := log.Read(Filter{Secret: "A"})
	if len(records) != 2 || records[1].Action != Remove || damaged != 3 || err != nil {
		t.Errorf("%+v, %d, %v", records, damaged, err)
	}
}

// A repository may hold a link where the log should be.
func TestLinks(t *testing.T) {
	for _, to := range []string{filepath.Join("..", "victim"), "victim"} {
		log, file := newLog(t)
		victim := filepath.Join(filepath.Dir(file), to)
		must(t, os.WriteFile(victim, []byte("old"), 0o600))
		if err := os.Symlink(to, file); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
		wantError(t, log.Append(Record{Action: Set}), "cannot write .aside/audit.jsonl: is no regular file",
			"what was done is done, but the log does not tell: check that the file may be written")
		if text, err := os.ReadFile(victim); err != nil || string(text) != "old" {
			t.Errorf("%s, %v", text, err)
		}
	}
}

func TestErrors(t *testing.T) {
	log, file := newLog(t)
	must(t, os.Mkdir(file, 0o755))
	const hint = "what was done is done, but the log does not tell: check that the file may be written"
	wantError(t, log.Append(Record{Action: Set}), "cannot write .aside/audit.jsonl: is no regular file", hint)
	if _, _, err := log.Read(Filter{}); err == nil || !strings.HasPrefix(err.Error(), "cannot read .aside/audit.jsonl: ") {
		t.Errorf("got %v", err)
	}
	for _, why := range []error{syscall.EROFS, fs.ErrPermission} {
		err := cannotWrite(&fs.PathError{Op: "openat", Path: file, Err: why})
		wantError(t, err, "cannot write .aside/audit.jsonl: read-only: "+why.Error(), hint)
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%v does not wrap ErrReadOnly", err)
		}
	}
	if err := cannotWrite(syscall.ENOSPC); errors.Is(err, ErrReadOnly) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
}

// fill makes the log one record short of being full.
func fill(t testing.TB, log Log, file string) (records int) {
	t.Helper()
	line := `{"time":"2026-01-02T03:04:05Z","who":"filler","action":"run","link":"` + strings.Repeat("x", 9900) + `"}` + "\n"
	records = maxSize / len(line)
	must(t, os.WriteFile(file, bytes.Repeat([]byte(line), records), 0o600))
	return records
}

func TestRotation(t *testing.T) {
	log, file := newLog(t)
	filled := fill(t, log, file)
	must(t, os.WriteFile(file+".1", []byte(`{"who":"ancient","action":"run"}`+"\n"), 0o600))
	for i := range 3 {
		must(t, log.Append(numbered("new", i)))
	}
	info, err := os.Stat(file)
	must(t, err)
	old, err := os.Stat(file + ".1")
	must(t, err)
	if info.Size() > maxSize/100 || old.Size() > maxSize {
		t.Errorf("%d and %d bytes", info.Size(), old.Size())
	}
	records, damaged, err := log.Read(Filter{})
	if err != nil || damaged != 0 || len(records) != filled+3 || records[0].Who != "filler" || records[filled+2].Stage != "2" {
		t.Errorf("%d records, %d damaged, %v", len(records), damaged, err)
	}
}

// Twenty processes write at once, into a log that is full: it is rotated once,
// and nothing is lost or torn.
func TestManyProcesses(t *testing.T) {
	log, file := newLog(t)
	filled := fill(t, log, file)
	var cmds []*exec.Cmd
	for i := range 20 {
		cmd := exec.CommandContext(context.Background(), os.Args[0])
		cmd.Env = append(os.Environ(), "ASIDE_TEST_CHILD="+strconv.Itoa(i), "ASIDE_TEST_DIR="+log.root)
		cmd.Stderr = os.Stderr
		must(t, cmd.Start())
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	records, damaged, err := log.Read(Filter{})
	must(t, err)
	next := map[string]int{}
	for _, r := range records {
		if r.Who == "filler" {
			filled--
			continue
		}
		if r.Stage != strconv.Itoa(next[r.Who]) {
			t.Fatalf("process %s: record %s, want %d", r.Who, r.Stage, next[r.Who])
		}
		next[r.Who]++
	}
	if filled != 0 || damaged != 0 || len(next) != 20 {
		t.Errorf("%d old records are lost, %d damaged, %d processes", filled, damaged, len(next))
	}
	for who, n := range next {
		if n != 50 {
			t.Errorf("process %s: %d records, want 50", who, n)
		}
	}
}

func TestParseAge(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "30m": 30 * time.Minute, "24h": 24 * time.Hour, "7d": 168 * time.Hour, "2w": 336 * time.Hour,
		"1d12h": 36 * time.Hour, "100000d": 2_400_000 * time.Hour,
	} {
		if got, err := ParseAge(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "7", "d", "-1d", "7 d", "7y", "1.5h", "7d1", "200000d", "99999999999999999999d", "7ö"} {
		_, err := ParseAge(text)
		wantError(t, err, fmt.Sprintf("%q is no age", text), "write 30m, 24h, 7d or 2w")
	}
}

func TestWho(t *testing.T) {
	name, host, ok := strings.Cut(Who(), "@")
	if !ok || name == "" || host == "" {
		t.Errorf("got %s", Who())
	}
}

// The aim is well under 1 ms, for each run pays it.
func BenchmarkAppend(b *testing.B) {
	log, _ := newLog(b)
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprint("SECRET_NUMBER_", i))
	}
	for b.Loop() {
		must(b, log.Append(Record{Who: Who(), Action: Run, Stage: "dev", Names: names, Command: "node"}))
	}
}
