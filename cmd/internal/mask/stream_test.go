package mask

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// An output may be read while it is written to. It takes its time.
type output struct {
	takes time.Duration
	mu    sync.Mutex
	text  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	time.Sleep(o.takes)
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

// TestStream: all comes out, also where the other side stays open, or is written
// to for ever.
func TestStream(t *testing.T) {
	text := strings.Repeat("a line with a secret in it\n", 20000)
	for name, end := range map[string]func(w *os.File){
		"ends":       func(w *os.File) { w.Close() },
		"stays open": func(*os.File) {},
		"is written to for ever": func(w *os.File) {
			go func() {
				for _, err := w.WriteString("more\n"); err == nil; _, err = w.WriteString("more\n") {
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, w := pipe(t)
			set := &Set{}
			set.Add([]string{"secret"})
			out := &output{takes: 20 * time.Millisecond}
			s := NewStream(out, r, set)
			go s.Run()
			io.WriteString(w, text)
			io.WriteString(w, "the last sec")
			end(w)
			s.Wait()
			want := strings.ReplaceAll(text, "secret", redacted) + "the last sec"
			if got := out.String(); !strings.HasPrefix(got, want) {
				t.Errorf("%d bytes, want %d", len(got), len(want))
			}
		})
	}
}

// TestStreamFails: whoever writes learns that nobody reads.
func TestStreamFails(t *testing.T) {
	r, w := pipe(t)
	s := NewStream(&failing{}, r, &Set{})
	go s.Run()
	var err error
	for err == nil {
		_, err = w.WriteString("text")
	}
	s.Wait()
}

// TestSettle: what was written is passed on, also what may be the beginning of a value.
func TestSettle(t *testing.T) {
	r, w := pipe(t)
	set := &Set{}
	set.Add([]string{"secret"})
	out := &output{takes: 20 * time.Millisecond}
	s := NewStream(out, r, set)
	s.w.hold = time.Hour
	go s.Run()
	for range 3 {
		io.WriteString(w, "a secret, sec")
		s.Settle()
		if got, want := out.String(), "a [redacted], sec"; !strings.HasSuffix(got, want) {
			t.Fatalf("%q", got)
		}
	}
	w.Close()
	s.Wait()
}
