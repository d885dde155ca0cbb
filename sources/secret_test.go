package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const plain = "hush-hush"

// In all these a Secret lies somewhere: exported or not, by value or behind a
// pointer, as an element or as a key, in types that do not know of it.
type (
	nested   struct{ Secret Secret }
	hidden   struct{ secret Secret }
	deep     struct{ inner struct{ hidden hidden } }
	pointers struct {
		p *Secret
		h *hidden
	}
	embedded struct{ Secret }
	stringer struct{ v Value }
)

func carriers() map[string]any {
	s := NewSecret(plain)
	d := deep{}
	d.inner.hidden.secret = s
	v := Value{Name: "A", Secret: s}
	return map[string]any{
		"itself":          s,
		"pointer":         &s,
		"exported field":  nested{s},
		"hidden field":    hidden{s},
		"deep field":      d,
		"pointers":        pointers{&s, &hidden{s}},
		"embedded":        embedded{s},
		"slice":           []Secret{s},
		"array":           [1]Secret{s},
		"hidden in slice": []hidden{{s}},
		"map":             map[string]Secret{"A": s},
		"hidden in map":   map[string]hidden{"A": {s}},
		"key":             map[Secret]int{s: 1},
		"interface":       []any{s},
		"value":           v,
		"values":          []Value{v},
		"hidden value":    stringer{v},
		"reading":         Reading{Values: []Value{v}},
		"fixed source":    Process([]string{"A=" + plain}, nil),
		"error":           fmt.Errorf("%w: %v %+v", errors.New("x"), s, v),
	}
}

// leaks reports whether out shows the value, as text, quoted, as bytes or in hex.
func leaks(out string) bool {
	for _, form := range []string{plain, fmt.Sprintf("%x", plain), fmt.Sprintf("%X", plain), fmt.Sprintf("% x", plain),
		fmt.Sprintf("%d", []byte(plain)), strings.Trim(fmt.Sprintf("%#v", []byte(plain)), "[]byte{}"), plain[:4]} {
		if strings.Contains(out, form) {
			return true
		}
	}
	return false
}

func TestSecretIsNotFormatted(t *testing.T) {
	flags := []string{"", "+", "#", "-", " ", "0", "20", ".3", "+#", "-20.3"}
	for name, c := range carriers() {
		for verb := 'A'; verb <= 'z'; verb++ {
			for _, f := range flags {
				format := "%" + f + string(verb)
				if out := fmt.Sprintf(format, c); leaks(out) {
					t.Errorf("%s: %s shows %s", name, format, out)
				}
			}
		}
		if out := fmt.Sprint(c) + fmt.Sprintln(c) + fmt.Errorf("%w", fmt.Errorf("%v", c)).Error(); leaks(out) {
			t.Errorf("%s: shows %s", name, out)
		}
	}
	for _, format := range []string{"%v", "%s", "%q", "%d", "%x", "%#v", "%+v", "%t"} {
		if out := fmt.Sprintf(format, NewSecret(plain)); out != redacted {
			t.Errorf("%s shows %s", format, out)
		}
	}
}

func TestSecretIsNotEncoded(t *testing.T) {
	for name, c := range carriers() {
		if out, err := json.Marshal(c); err == nil && leaks(string(out)) {
			t.Errorf("%s: JSON shows %s", name, out)
		}
		var out bytes.Buffer
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			log := slog.New(h)
			log.Info("message", "key", c)
			log.With("with", c).WithGroup("group").Info("message", slog.Any("any", c), slog.Group("g", "in", c))
		}
		if leaks(out.String()) {
			t.Errorf("%s: slog shows %s", name, out.String())
		}
	}
	out, err := json.Marshal(map[string]any{"a": NewSecret(plain), "b": map[Secret]int{NewSecret(plain): 1}})
	if err != nil || string(out) != `{"a":"[redacted]","b":{"[redacted]":1}}` {
		t.Errorf("%s, %v", out, err)
	}
	if text, err := NewSecret(plain).MarshalText(); err != nil || string(text) != redacted {
		t.Errorf("%s, %v", text, err)
	}
}

func TestSecret(t *testing.T) {
	s := NewSecret(plain)
	if s.Reveal() != plain || s.Len() != len(plain) {
		t.Errorf("%q, %d bytes", s.Reveal(), s.Len())
	}
	if !s.Equal(NewSecret(plain)) || s.Equal(NewSecret("other")) || s.Equal(Secret{}) {
		t.Error("Equal does not compare values")
	}
	var zero Secret
	if zero.Reveal() != "" || zero.Len() != 0 || !zero.Equal(NewSecret("")) || fmt.Sprint(zero) != redacted {
		t.Error("the zero Secret is not the empty string")
	}
}
