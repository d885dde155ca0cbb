package inject

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// cmdExe returns what starts a line of cmd.exe.
func cmdExe(line string) launch {
	path := filepath.Join(os.Getenv("SystemRoot"), "System32", "cmd.exe")
	return launch{path: path, argv: []string{"cmd.exe", "/c", line}, environ: os.Environ()}
}

// next waits for what becomes of p.
func next(t *testing.T, p process) event {
	t.Helper()
	select {
	case e := <-p.events():
		return e
	case <-time.After(time.Minute):
		t.Fatal("nothing became of the command")
		return event{}
	}
}

func TestWindowsExitCodes(t *testing.T) {
	host := newHost(false, nil)
	defer host.close()
	for _, code := range []int{0, 1, 7, 255, 256} {
		p, err := host.start(cmdExe(fmt.Sprint("exit ", code)))
		if err != nil {
			t.Fatal(err)
		}
		if e := next(t, p); e != (event{kind: exited, status: code}) {
			t.Errorf("exit %d: %+v", code, e)
		}
		p.stop(syscall.SIGTERM)
		if e := next(t, p); e.kind != gone {
			t.Errorf("exit %d: %+v, want it gone", code, e)
		}
	}
}

// The job holds the whole tree, from the start to the end.
func TestWindowsTreeEndsTogether(t *testing.T) {
	host := newHost(false, nil)
	defer host.close()
	p, err := host.start(cmdExe("cmd.exe /c ping -n 1000 127.0.0.1 >NUL"))
	if err != nil {
		t.Fatal(err)
	}
	job := host.last.job
	for end := time.Now().Add(time.Minute); host.system.active(job) < 3; time.Sleep(jobLookAgain) {
		if time.Now().After(end) {
			t.Fatalf("%d processes in the job, want 3", host.system.active(job))
		}
	}
	p.stop(syscall.SIGTERM)
	p.kill()
	if e := next(t, p); e.kind != exited {
		t.Errorf("%+v", e)
	}
	if e := next(t, p); e.kind != gone {
		t.Errorf("%+v", e)
	}
}

func TestWindowsStartFails(t *testing.T) {
	host := newHost(false, nil)
	defer host.close()
	text := filepath.Join(t.TempDir(), "text.exe")
	if err := os.WriteFile(text, []byte("no program"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, code := range map[string]int{text: 126, text + ".exe": 127} {
		_, err := host.start(launch{path: path, argv: []string{path}})
		if start, ok := err.(*StartError); !ok || start.Code != code {
			t.Errorf("%s: %v, want %d", path, err, code)
		}
	}
}
