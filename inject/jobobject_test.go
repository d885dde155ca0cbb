package inject

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// fakeJobs is a Windows in which one command runs at a time. It notes what it
// was asked for, and what must never be.
type fakeJobs struct {
	t      *testing.T
	fails  string // the call that fails, with err
	err    error
	ending chan uint32 // the command's end

	mu      sync.Mutex
	calls   []string
	alive   int // processes in the job
	handles map[handle]string
	ended   bool
	stuck   bool // something in the job cannot be killed
}

const (
	fakePID   = 42
	fakeJob   = handle(1)
	fakeChild = handle(2)
)

func newFakeJobs(t *testing.T) *fakeJobs {
	return &fakeJobs{t: t, ending: make(chan uint32, 1), handles: map[handle]string{}}
}

// note is called with the lock held.
func (f *fakeJobs) note(call string, used ...handle) error {
	f.calls = append(f.calls, call)
	for _, h := range used {
		if f.handles[h] != "open" {
			f.t.Errorf("%s: handle %d is not open", call, h)
		}
	}
	if f.fails == call {
		return f.err
	}
	return nil
}

func (f *fakeJobs) newJob() (handle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.note("new job")
	if err == nil {
		f.handles[fakeJob] = "open"
	}
	return fakeJob, err
}

func (f *fakeJobs) startSuspended(l launch) (handle, int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.note("start " + l.path)
	if err == nil {
		f.handles[fakeChild] = "open"
	}
	return fakeChild, fakePID, err
}

func (f *fakeJobs) assign(job, command handle) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alive = 1
	return f.note("assign", job, command)
}

func (f *fakeJobs) resume(pid int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.note(fmt.Sprint("resume ", pid))
}

func (f *fakeJobs) wait(command handle) (uint32, error) {
	code := <-f.ending
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	f.alive--
	return code, f.note("waited", command)
}

func (f *fakeJobs) active(job handle) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.handles[job] != "open" {
		f.t.Error("a job that is closed was asked for its processes")
	}
	if f.stuck {
		return 1
	}
	return f.alive
}

func (f *fakeJobs) sendBreak(group int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	// With the handle closed the id may be another group's.
	f.note(fmt.Sprint("break ", group), fakeChild)
}

func (f *fakeJobs) terminate(command handle, code uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(fmt.Sprint("terminate ", code), command)
	f.end(code)
}

func (f *fakeJobs) terminateJob(job handle, code uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(fmt.Sprint("terminate job ", code), job)
	f.alive = 0
	if !f.ended {
		f.alive = 1 // until it is waited for
		f.end(code)
	}
}

func (f *fakeJobs) close(h handle) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(fmt.Sprint("close ", h), h)
	f.handles[h] = "closed"
}

// end ends the command.
func (f *fakeJobs) end(code uint32) {
	select {
	case f.ending <- code:
	default:
	}
}

// lives sets how many processes are in the job.
func (f *fakeJobs) lives(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alive = n
}

func (f *fakeJobs) immortal(stuck bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stuck = stuck
}

// asked returns what it was asked for since it was last asked.
func (f *fakeJobs) asked() string {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := strings.Join(f.calls, ", ")
	f.calls = nil
	return calls
}

// A jobTest is a command that runs in a fake job.
type jobTest struct {
	*testing.T
	*fakeJobs
	host *jobHost
	process
}

// inJob runs test in a bubble, with a command that has just been started.
func inJob(t *testing.T, name string, test func(*jobTest)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			jobs := newFakeJobs(t)
			host := &jobHost{system: jobs}
			p, err := host.start(launch{path: "server.exe"})
			if err != nil {
				t.Fatal(err)
			}
			j := &jobTest{t, jobs, host, p}
			j.wants("new job, start server.exe, assign, resume 42")
			test(j)
			host.close()
			synctest.Wait()
			for h, state := range jobs.handles {
				if state != "closed" {
					t.Errorf("handle %d is left %s", h, state)
				}
			}
		})
	})
}

// wants compares what Windows was asked for since the last time.
func (j *jobTest) wants(calls string) {
	j.Helper()
	if got := j.asked(); got != calls {
		j.Errorf("asked for %q, want %q", got, calls)
	}
}

// tells wants the process to have told of these events, and no others.
func (j *jobTest) tells(want ...event) {
	j.Helper()
	time.Sleep(2 * jobLookAgain)
	synctest.Wait()
	var got []event
	for len(j.events()) > 0 {
		got = append(got, <-j.events())
	}
	if !slices.Equal(got, want) {
		j.Errorf("told of %v, want %v", got, want)
	}
}

func exitedWith(status int) event { return event{kind: exited, status: status} }

func TestJobObject(t *testing.T) {
	inJob(t, "ends by itself", func(j *jobTest) {
		j.end(7)
		j.tells(exitedWith(7))
		j.wants("waited")
		j.host.close() // what it left behind ends with this program
		j.wants("terminate job 137, close 2, close 1")
	})
	inJob(t, "is told to stop", func(j *jobTest) {
		j.stop(syscall.SIGTERM)
		j.tells()
		j.wants("break 42")
		j.end(controlCExit)
		j.tells(exitedWith(130), event{kind: gone})
		j.wants("waited, close 2, close 1")
		j.host.close()
		j.wants("")
	})
	inJob(t, "what it started lives longer", func(j *jobTest) {
		j.lives(3)
		j.stop(syscall.SIGTERM)
		j.end(0)
		j.tells(exitedWith(0))
		j.wants("break 42, waited")
		j.lives(1)
		j.tells()
		if got := j.remaining(); got != "42 and what it started" {
			j.Errorf("remaining: %q", got)
		}
		j.lives(0)
		j.tells(event{kind: gone})
		j.wants("close 2, close 1")
		if got := j.remaining(); got != "" {
			j.Errorf("remaining: %q", got)
		}
	})
	inJob(t, "does not hear it", func(j *jobTest) {
		j.stop(syscall.SIGTERM)
		j.kill()
		j.tells(exitedWith(137), event{kind: gone})
		j.wants("break 42, terminate job 137, waited, close 2, close 1")
	})
	inJob(t, "stops after its end", func(j *jobTest) {
		j.lives(2)
		j.end(1)
		j.tells(exitedWith(1))
		j.stop(syscall.SIGTERM) // its group may live on
		j.wants("waited, break 42")
		j.kill()
		j.tells(event{kind: gone})
		j.wants("terminate job 137, close 2, close 1")
	})
	inJob(t, "is stopped by force", func(j *jobTest) {
		j.stop(os.Kill)
		j.tells(exitedWith(137), event{kind: gone})
		j.wants("terminate job 137, waited, close 2, close 1")
	})
	inJob(t, "is asked twice", func(j *jobTest) {
		j.stop(syscall.SIGTERM)
		j.stop(syscall.SIGINT)
		j.end(0)
		j.tells(exitedWith(0), event{kind: gone})
		j.wants("break 42, break 42, waited, close 2, close 1")
		j.stop(syscall.SIGTERM)
		j.kill()
		j.tells(event{kind: gone})
		j.wants("")
	})
	inJob(t, "gets signals", func(j *jobTest) {
		j.signal(os.Interrupt)
		j.signal(syscall.SIGTERM)
		j.wants("break 42, break 42")
		j.lives(2)
		j.signal(os.Kill) // the command alone
		j.tells(exitedWith(137))
		j.wants("terminate 137, waited")
		j.signal(os.Interrupt) // nobody is there to hear it
		j.signal(os.Kill)
		j.wants("")
	})
	inJob(t, "cannot be killed", func(j *jobTest) {
		j.immortal(true)
		j.stop(syscall.SIGTERM)
		j.end(0)
		began := time.Now()
		j.host.close()
		if took := time.Since(began); took != time.Second {
			j.Errorf("close took %v", took)
		}
		j.immortal(false)
		j.tells(exitedWith(0), event{kind: gone})
	})
}

func TestJobExitCodes(t *testing.T) {
	for _, c := range []struct {
		code, want uint32
	}{
		{0, 0}, {1, 1}, {255, 255}, {256, 256}, {259, 259}, // STILL_ACTIVE can be an exit code too
		{0xC0000005, 0xC0000005}, // an access violation: as cmd and PowerShell tell it
		{0xC000013A, 130},        // Ctrl-C
		{killedCode, 137},
	} {
		inJob(t, fmt.Sprintf("%#x", c.code), func(j *jobTest) {
			j.end(c.code)
			j.tells(exitedWith(int(c.want)))
		})
	}
	inJob(t, "unknown", func(j *jobTest) {
		j.fails, j.err = "waited", syscall.EINVAL
		j.end(0)
		j.tells(exitedWith(125))
	})
}

func TestJobStartFails(t *testing.T) {
	denied := errors.New("access is denied")
	for _, c := range []struct {
		fails string
		err   error
		code  int
		want  string
		calls string
	}{
		{"new job", denied, 126, "server.exe: cannot be run: no job object for it: access is denied", "new job"},
		{"start server.exe", fs.ErrNotExist, 127, "server.exe: cannot be run: file does not exist",
			"new job, start server.exe, close 1"},
		{"start server.exe", denied, 126, "server.exe: cannot be run: access is denied",
			"new job, start server.exe, close 1"},
		{"assign", denied, 126, "server.exe: cannot be run: it cannot be put into a job object: access is denied",
			"new job, start server.exe, assign, terminate 137, close 2, close 1"},
		{"resume 42", denied, 126, "server.exe: cannot be run: it cannot be put into a job object: access is denied",
			"new job, start server.exe, assign, resume 42, terminate 137, close 2, close 1"},
	} {
		t.Run(c.fails, func(t *testing.T) {
			jobs := newFakeJobs(t)
			jobs.fails, jobs.err = c.fails, c.err
			host := &jobHost{system: jobs}
			_, err := host.start(launch{path: "server.exe"})
			host.close()
			var start *StartError
			if !errors.As(err, &start) || start.Code != c.code || err.Error() != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %v, want %d %s", err, c.code, c.want)
			}
			if got := strings.Join(jobs.calls, ", "); got != c.calls {
				t.Errorf("asked for %q, want %q", got, c.calls)
			}
		})
	}
}
