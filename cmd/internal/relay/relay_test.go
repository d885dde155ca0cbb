package relay

import (
	"bytes"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestChild(t *testing.T) {
	for _, args := range [][]string{nil, {"run"}, {childArg}, {childArg, "x", "run"}, {"run", childArg, "3"}} {
		if link, rest := Child(args); link != nil || !slices.Equal(rest, args) {
			t.Errorf("%q: %v, %q", args, link, rest)
		}
	}
}

// TestReceive: what is sent arrives, and is acknowledged once it was used.
func TestReceive(t *testing.T) {
	ours, theirs := net.Pipe()
	var got []string
	done := make(chan error)
	go func() { done <- receive(theirs, func(values []string) { got = append(got, values...) }) }()
	values := []string{"secret", strings.Repeat("long", 20000), "with\x00every\xffbyte\n"}
	for _, v := range [][]string{values[:1], values[1:]} {
		if _, err := ours.Write(encode(v)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(ours, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	ours.Close()
	if err := <-done; err != io.EOF || !slices.Equal(got, values) {
		t.Errorf("%v, %d values", err, len(got))
	}
}

func TestDamaged(t *testing.T) {
	whole := encode([]string{"secret", "another"})
	for _, message := range [][]byte{{3, 9, 'x', 'y'}, {1, 0x80}, whole[:len(whole)-1], {0x80}} {
		f := struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(message), io.Discard}
		err := receive(f, func(values []string) { t.Errorf("%q gave %q", message, values) })
		if err == nil {
			t.Errorf("%q: no error", message)
		}
	}
}

// TestSendToNobody: without a relay nothing may be started.
func TestSendToNobody(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	err = (&Link{r}).Send([]string{"a secret"})
	if err == nil || strings.Contains(err.Error(), "a secret") || !strings.HasPrefix(err.Error(), "tell the process that masks the terminal what to mask: ") {
		t.Error(err)
	}
}
